"""The embedded servers, for the local runner and for tests."""

from lib_local._nats import Nats
from lib_local._postgres import Postgres, create_database, drop_database

__all__ = ["Nats", "Postgres", "create_database", "drop_database"]
