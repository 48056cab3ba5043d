"""Brings the database to the newest version: `python -m svc_license.migrate`."""

from lib_db import migrate
from svc_license.service import SERVICE
from svc_license.settings import Settings

if __name__ == "__main__":
    migrate(Settings().database_url, SERVICE.migrations)
