"""Brings the database to the newest version: `python -m svc_booking.migrate`."""

from lib_db import migrate
from svc_booking.service import SERVICE
from svc_booking.settings import Settings

if __name__ == "__main__":
    migrate(Settings().database_url, SERVICE.migrations)
