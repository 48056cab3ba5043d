"""Brings the database to the newest version: `python -m svc_catalog.migrate`."""

from lib_db import migrate
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings

if __name__ == "__main__":
    migrate(Settings().database_url, SERVICE.migrations)
