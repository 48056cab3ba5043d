"""Attempts, counted in the database so that all replicas share them."""

import hashlib
from datetime import datetime

from sqlalchemy import Column, Integer, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from svc_license.database import METADATA
from svc_license.license.domain import SHOWN, License
from svc_license.license.store import license_table

check_attempt = Table(
    "check_attempt",
    METADATA,
    Column("key", Text, primary_key=True, comment="digest of what is counted"),
    Column("window_start", UtcDateTime, primary_key=True, index=True),
    Column("count", Integer, nullable=False),
)


async def count(session: AsyncSession, kind: str, value: str, window: datetime) -> int:
    """Count one attempt and return how many there were in the window. Commit before acting on it."""
    key = hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()[:32]
    counted = await session.execute(
        insert(check_attempt)
        .values(key=key, window_start=window, count=1)
        .on_conflict_do_update(
            index_elements=["key", "window_start"], set_={"count": check_attempt.c.count + 1}
        )
        .returning(check_attempt.c.count)
    )
    found: int = counted.scalar_one()
    return found


async def forget_before(session: AsyncSession, window: datetime) -> None:
    """Delete attempts of windows that are over."""
    await session.execute(check_attempt.delete().where(check_attempt.c.window_start < window))


async def by_number(session: AsyncSession, number: str) -> License | None:
    """Return the licence with a number, if one was issued."""
    found: License | None = await session.scalar(
        select(License).where(license_table.c.number == number, license_table.c.status.in_(SHOWN))
    )
    return found
