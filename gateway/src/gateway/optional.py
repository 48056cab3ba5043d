"""Screens put together from several services: a part whose service is away is left out, and said so."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import structlog

from lib_kernel import DomainError

log = structlog.get_logger(__name__)

# A screen does not wait longer for a part it can do without.
OPTIONAL_SECONDS = 3.0


async def optional_parts(parts: Mapping[str, Awaitable[Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return the parts by name, and the names of those that are None: refused, or not given in time."""
    found = dict(zip(parts, await asyncio.gather(*map(_or_none, parts.values())), strict=True))
    missing = [name for name, part in found.items() if part is None]
    if missing:
        log.info("screen.incomplete", missing=missing)
    return found, missing


async def _or_none(part: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(OPTIONAL_SECONDS):
            return await part
    except (DomainError, TimeoutError):
        return None
