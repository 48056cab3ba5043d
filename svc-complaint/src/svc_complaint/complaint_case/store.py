"""Table and queries of cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    or_,
    select,
    text,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from lib_db import EnumText, UtcDateTime
from svc_complaint.complaint_case.domain import Case, Outcome
from svc_complaint.complaint_case.errors import NoSuchCase
from svc_complaint.database import MAPPERS, METADATA
from svc_complaint.kind.domain import WORKED_ON, Status
from svc_complaint.timer.domain import Due
from svc_complaint.timer.store import case_timer

EMPTY_LIST = text("'[]'")
complaint_case = Table(
    "complaint_case",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_number", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("kind_version", Integer, nullable=False, server_default="1"),
    Column("channel", Text, nullable=False, server_default="mobile"),
    Column("person_id", Text),
    Column("tracking_hash", Text, comment="SM3 of the code that only an anonymous reporter knows"),
    Column("content", Text, nullable=False, comment="encrypted"),
    Column("contact", Text, comment="encrypted"),
    Column("fields", Text, comment="encrypted"),
    Column("category", Text),
    Column("suggested", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("urgency", Text, nullable=False, server_default="normal"),
    Column("item_code", Text),
    Column("application_id", Uuid),
    Column("appointment_id", Uuid),
    Column("window", Text),
    Column("department", Text),
    Column("division", Text, nullable=False, server_default=""),
    Column("service_point", Text),
    Column("external", Text, comment="platform:number of an order from elsewhere"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("runs_since", UtcDateTime, comment="since when the deadline runs"),
    Column("status", EnumText(Status), nullable=False),
    Column("status_since", UtcDateTime, nullable=False, server_default=text("now()")),
    Column("is_overdue", Boolean, nullable=False),
    Column("level", SmallInteger, nullable=False, server_default="0"),
    Column("outcome", EnumText(Outcome)),
    Column("merged_into", Uuid),
    Column("resolved_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("reopened", SmallInteger, nullable=False, server_default="0"),
    Column("helper", Text),
    Column("tracked_at", UtcDateTime),
    Column("look_at", UtcDateTime),
    Column("finding", Text),
    Column("call_back_due", UtcDateTime),
    Column("called_back_at", UtcDateTime),
    Column("supervised_until", UtcDateTime),
    Column("extension_asked", Boolean, nullable=False, server_default=false()),
    Column("has_trouble", Boolean, nullable=False, server_default=false()),
    Column("awaiting", ARRAY(Text), nullable=False, server_default="{}"),
    Column("steps", JSONB, nullable=False),
    Column("parts", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("replies", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("extensions", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("supervisions", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("troubles", JSONB, nullable=False, server_default=EMPTY_LIST),
)
C = complaint_case.c
IS_OPEN = C.status.in_(sorted(WORKED_ON))
_OPEN = text("status NOT IN ('resolved', 'confirmed', 'closed')")
Index("ix_complaint_case_person", C.person_id, C.received_at)
Index("ix_complaint_case_department", C.department, C.received_at)
Index("ix_complaint_case_received", C.received_at, C.id)
Index("ix_complaint_case_closed", C.closed_at, postgresql_where=C.closed_at.is_not(None))
Index("ix_complaint_case_work", C.department, C.due_at, C.id, postgresql_where=_OPEN)
Index("ix_complaint_case_open", C.due_at, C.id, postgresql_where=_OPEN)
# The few that a dispatcher or supervisor looks for among all open ones.
_SPECIAL = text(
    "status NOT IN ('resolved', 'confirmed', 'closed') AND (tracked_at IS NOT NULL"
    " OR supervised_until IS NOT NULL OR has_trouble OR extension_asked)"
)
Index("ix_complaint_case_special", C.due_at, C.id, postgresql_where=_SPECIAL)
Index(
    "ix_complaint_case_awaiting",
    C.awaiting,
    postgresql_using="gin",
    postgresql_where=text("awaiting <> '{}'"),
)
Index(
    "ix_complaint_case_tracking", C.tracking_hash, unique=True, postgresql_where=C.tracking_hash.is_not(None)
)
Index("ix_complaint_case_external", C.external, unique=True, postgresql_where=C.external.is_not(None))
Index("ix_complaint_case_merged", C.merged_into, postgresql_where=C.merged_into.is_not(None))

case_counter = Table(
    "case_counter",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

MAPPERS.map_imperatively(Case, complaint_case)

# What a list shows; the long parts of a case are read one by one.
_LISTED = (
    "id case_number kind category urgency item_code department division service_point channel status"
    " status_since received_at due_at is_overdue level outcome reopened helper tracked_at supervised_until"
    " extension_asked has_trouble awaiting"
)
LISTED = [getattr(Case, name) for name in _LISTED.split()]


class CaseStore:
    """Cases inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, case: Case) -> None:
        """Keep a new case."""
        self._session.add(case)

    async def one(self, case_id: UUID) -> Case:
        """Return the case as it stands. Raises NoSuchCase."""
        return await one(self._session, case_id)

    async def lock(self, case_id: UUID) -> Case:
        """Return the case, locked. Raises NoSuchCase."""
        found = await self._session.get(Case, case_id, with_for_update=True)
        if found is None:
            raise NoSuchCase
        return found

    async def lock_tracked(self, tracking_hash: str) -> Case:
        """Return the case of a tracking code, locked. Raises NoSuchCase."""
        wanted = select(Case).where(C.tracking_hash == tracking_hash).with_for_update()
        found = await self._session.scalar(wanted)
        if found is None:
            raise NoSuchCase
        return found

    async def is_known(self, external: str) -> bool:
        """Return whether an order from elsewhere is a case already."""
        return await self._session.scalar(select(C.id).where(C.external == external)) is not None

    async def next_count(self, day: str) -> int:
        """Return the next case number of a day; its row is the lock."""
        statement = insert(case_counter).values(day=day, last=1)
        counted = await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["day"], set_={"last": case_counter.c.last + 1}
            ).returning(case_counter.c.last)
        )
        count: int = counted.scalar_one()
        return count

    async def merged_into(self, case_id: UUID) -> Sequence[Case]:
        """Return the cases that were merged into one."""
        return (await self._session.scalars(select(Case).where(C.merged_into == case_id))).all()

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Due]:
        """Return due timers, locked together with their cases.

        What another worker or a command holds is passed over, so nobody waits and nothing fires twice.
        """
        T = case_timer.c  # noqa: N806 - as C above
        rows = await self._session.execute(
            select(T.id, T.case_id, T.name, T.rung, T.due_at)
            .join(complaint_case, C.id == T.case_id)
            .where(T.fired_at.is_(None), T.due_at <= now)
            .order_by(T.due_at, T.rung)
            .limit(limit)
            .with_for_update(of=[complaint_case, case_timer], skip_locked=True)
        )
        return [Due(*row) for row in rows]


@dataclass(frozen=True)
class Wanted:
    """What a list is to hold; None and empty mean whatever."""

    person_id: str | None = None
    departments: frozenset[str] | None = None
    statuses: Collection[Status] = field(default_factory=tuple)
    kind: str | None = None
    category: str | None = None
    overdue: bool | None = None
    tracked: bool | None = None
    supervised: bool | None = None
    trouble: bool | None = None
    deciding: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return them as conditions."""
        found: list[ColumnElement[bool]] = []
        if self.person_id is not None:
            found.append(C.person_id == self.person_id)
        if self.departments is not None:
            mine = sorted(self.departments)
            found.append(or_(C.department.in_(mine), C.awaiting.overlap(mine)))
        if self.statuses:
            found.append(C.status.in_(sorted(self.statuses)))
        for column, value in ((C.kind, self.kind), (C.category, self.category)):
            if value is not None:
                found.append(column == value)
        for flag, true in (
            (self.overdue, C.is_overdue),
            (self.tracked, C.tracked_at.is_not(None)),
            (self.supervised, C.supervised_until.is_not(None)),
            (self.trouble, C.has_trouble),
            (self.deciding, C.extension_asked),
        ):
            if flag is not None:
                found.append(true if flag else ~true)
        return found


async def page(
    session: AsyncSession, wanted: Wanted, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Case]:
    """Return cases, the latest first."""
    statement = select(Case).where(*wanted.conditions())
    if before is not None:
        statement = statement.where(tuple_(C.received_at, C.id) < before)
    return (await session.scalars(statement.order_by(C.received_at.desc(), C.id.desc()).limit(limit))).all()


async def worklist(
    session: AsyncSession, wanted: Wanted, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Case]:
    """Return open cases, the most urgent deadline first.

    Each lead department is read from its own end of the index, and the few cases that wait for a co-handler
    from theirs, so the answer does not grow slower with the number of open cases.
    """
    base: list[Any] = [_OPEN, *replace(wanted, departments=None).conditions()]
    if after is not None:
        base.append(tuple_(C.due_at, C.id) > after)
    if wanted.departments is None:
        parts = [_first(base, limit)]
    else:
        mine = sorted(wanted.departments)
        parts = [_first([*base, C.department == code], limit) for code in mine]
        # Materialised: else the planner walks all open cases by deadline in search of the few.
        asked = select(C.id, C.due_at).where(*base, C.awaiting.overlap(mine), text("awaiting <> '{}'"))
        parts.append(select(asked.cte("asked").prefix_with("MATERIALIZED")))
    ids = union(*parts).subquery()
    first = select(ids.c.id).order_by(ids.c.due_at, ids.c.id).limit(limit)
    cases = select(Case).options(load_only(*LISTED, raiseload=True)).where(C.id.in_(first))
    return (await session.scalars(cases.order_by(C.due_at, C.id))).all()


def _first(conditions: list[Any], limit: int) -> Select[UUID, datetime]:
    ordered = select(C.id, C.due_at).where(*conditions).order_by(C.due_at, C.id).limit(limit)
    return select(ordered.subquery())


async def one(session: AsyncSession, case_id: UUID) -> Case:
    """Return a case. Raises NoSuchCase."""
    found = await session.get(Case, case_id)
    if found is None:
        raise NoSuchCase
    return found


async def tracked(session: AsyncSession, tracking_hash: str) -> Case:
    """Return the case of a tracking code. Raises NoSuchCase."""
    found = await session.scalar(select(Case).where(C.tracking_hash == tracking_hash))
    if found is None:
        raise NoSuchCase
    return found


async def of_numbers(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return number, status, kind and department of some cases by id."""
    columns = (C.id, C.case_number, C.status, C.kind, C.department, C.received_at)
    rows = await session.execute(select(*columns).where(C.id.in_(ids)))
    return {row.id: row for row in rows}


async def received_between(session: AsyncSession, begin: datetime, end: datetime) -> Sequence[Case]:
    """Return the cases received in a span, with what routing rules look at."""
    looked_at = (
        "case_number kind category department suggested item_code service_point division channel fields"
    )
    columns = [getattr(Case, name) for name in looked_at.split()]
    wanted = select(Case).options(load_only(*columns, raiseload=True))
    return (
        await session.scalars(wanted.where(C.received_at >= begin, C.received_at < end).order_by(C.id))
    ).all()
