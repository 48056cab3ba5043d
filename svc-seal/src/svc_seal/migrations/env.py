"""Alembic environment of svc-seal."""

from lib_db import run_environment
from svc_seal.service import SERVICE

run_environment(SERVICE.metadata)
