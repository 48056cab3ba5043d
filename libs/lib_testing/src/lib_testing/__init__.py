"""Fixtures and builders for tests; the fixtures are in `lib_testing.plugin`."""

from lib_testing._clock import WEDNESDAY, FixedClock
from lib_testing._ports import free_block, free_port
from lib_testing._waiting import until_waiting
from lib_testing._web import (
    CITIZEN,
    OTHER_CITIZEN,
    PUBLIC,
    Clients,
    field_keys_file,
    internal_keys_file,
    running,
    signer,
    staff,
)

__all__ = [
    "CITIZEN",
    "OTHER_CITIZEN",
    "PUBLIC",
    "WEDNESDAY",
    "Clients",
    "FixedClock",
    "field_keys_file",
    "free_block",
    "free_port",
    "internal_keys_file",
    "running",
    "signer",
    "staff",
    "until_waiting",
]
