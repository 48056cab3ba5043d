"""Alembic environment of svc-license."""

from lib_db import run_environment
from svc_license.service import SERVICE

run_environment(SERVICE.metadata)
