"""Alembic environment of svc-booking."""

from lib_db import run_environment
from svc_booking.service import SERVICE

run_environment(SERVICE.metadata)
