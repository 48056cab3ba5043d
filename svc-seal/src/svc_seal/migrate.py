"""Brings the database to the newest version: `python -m svc_seal.migrate`."""

from lib_db import migrate
from svc_seal.service import SERVICE
from svc_seal.settings import Settings

if __name__ == "__main__":
    migrate(Settings().database_url, SERVICE.migrations)
