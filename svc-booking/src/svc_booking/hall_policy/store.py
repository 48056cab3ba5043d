"""Table of the rules."""

from datetime import timedelta

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.database import METADATA
from svc_booking.hall_policy.domain import HallPolicy
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.slot.store import service_point

hall_policy = Table(
    "hall_policy",
    METADATA,
    Column("service_point", ForeignKey(service_point.c.code), primary_key=True),
    Column("early_minutes", Integer, nullable=False),
    Column("late_minutes", Integer, nullable=False),
    Column("no_show_minutes", Integer, nullable=False),
    Column("max_skips", Integer, nullable=False),
    Column("unfinished_minutes", Integer, nullable=False),
    Column("divert_minutes", Integer, nullable=False),
    CheckConstraint("no_show_minutes >= late_minutes", name="no_show_after_late"),
)
_MINUTES = {
    "early_minutes": "early",
    "late_minutes": "late",
    "no_show_minutes": "no_show_after",
    "unfinished_minutes": "unfinished_after",
    "divert_minutes": "divert_after",
}


class PolicyStore:
    """The rules inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, point: str) -> HallPolicy:
        """Return the rules of a point."""
        return await policy_of(self._session, point)

    async def put(self, point: str, policy: HallPolicy) -> None:
        """Replace the rules of a point. Raises NoSuchPoint."""
        known = select(service_point.c.code).where(service_point.c.code == point)
        if await self._session.scalar(known) is None:
            raise NoSuchPoint(f"没有编号为 {point} 的服务网点")
        values = {
            "max_skips": policy.max_skips,
            **{column: _minutes(getattr(policy, name)) for column, name in _MINUTES.items()},
        }
        await self._session.execute(
            insert(hall_policy)
            .values(service_point=point, **values)
            .on_conflict_do_update(index_elements=["service_point"], set_=values)
        )


async def policy_of(session: AsyncSession, point: str) -> HallPolicy:
    """Return the rules of a point, the city's where it has none of its own."""
    found = (
        (await session.execute(select(hall_policy).where(hall_policy.c.service_point == point)))
        .mappings()
        .one_or_none()
    )
    if found is None:
        return HallPolicy()
    times = {name: timedelta(minutes=found[column]) for column, name in _MINUTES.items()}
    return HallPolicy(max_skips=found["max_skips"], **times)


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60
