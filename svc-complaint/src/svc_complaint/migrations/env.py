"""Alembic environment of svc-complaint."""

from lib_db import run_environment
from svc_complaint.service import SERVICE

run_environment(SERVICE.metadata)
