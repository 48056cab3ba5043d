"""The service's metadata and the tables that every service has."""

from sqlalchemy.orm import registry

from lib_audit import audit_tables
from lib_db import answer_table, new_metadata
from lib_messaging import message_tables

METADATA = new_metadata()
MAPPERS = registry(metadata=METADATA)
MESSAGES = message_tables(METADATA)
ANSWERS = answer_table(METADATA)
AUDIT = audit_tables(METADATA)
