"""Brings the database to the newest version: `python -m svc_complaint.migrate`."""

from lib_db import migrate
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings

if __name__ == "__main__":
    migrate(Settings().database_url, SERVICE.migrations)
