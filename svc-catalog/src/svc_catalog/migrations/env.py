"""Alembic environment of svc-catalog."""

from lib_db import run_environment
from svc_catalog.service import SERVICE

run_environment(SERVICE.metadata)
