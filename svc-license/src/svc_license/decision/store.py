"""Table and queries of decisions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Date, ForeignKey, Index, Table, Text, Uuid, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_license.database import MAPPERS, METADATA
from svc_license.decision.domain import Action, Decision, DecisionOpen, NoSuchDecision, Standing
from svc_license.license.store import license_table

decision = Table(
    "decision",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("action", EnumText(Action), nullable=False),
    Column("department", Text, nullable=False),
    Column("type_code", Text, nullable=False),
    Column("license_id", ForeignKey(license_table.c.id)),
    Column("reason", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Standing), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", UtcDateTime),
    Column("remark", Text),
    Column("person_id", Text),
    Column("holder_name", Text, comment="encrypted as on the licence"),
    Column("holder_number", Text, comment="encrypted as on the licence"),
    Column("holder_index", Text),
    Column("fields", Text, comment="encrypted as on the licence"),
    Column("valid_until", Date),
    Column("result_id", Uuid, comment="the licence that came of it"),
)
Index("ix_decision_department", decision.c.department, decision.c.status, decision.c.proposed_at)
Index(
    "uq_decision_open",
    decision.c.license_id,
    unique=True,
    postgresql_where=decision.c.status == Standing.PROPOSED,
)

MAPPERS.map_imperatively(Decision, decision)


class DecisionStore:
    """Decisions inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, kept: Decision) -> None:
        """Keep a proposal. Raises DecisionOpen when another one on the licence waits."""
        self._session.add(kept)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise DecisionOpen from error

    async def lock(self, decision_id: UUID) -> Decision:
        """Return the decision, locked. Raises NoSuchDecision."""
        found = await self._session.get(Decision, decision_id, with_for_update=True)
        if found is None:
            raise NoSuchDecision
        return found


async def of_departments(
    session: AsyncSession,
    departments: Sequence[str] | None,
    *,
    status: Standing | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Decision]:
    """Return decisions of some departments (None: of all), the latest first."""
    statement = select(Decision)
    if departments is not None:
        statement = statement.where(decision.c.department.in_(departments))
    if status is not None:
        statement = statement.where(decision.c.status == status)
    if before is not None:
        statement = statement.where(tuple_(decision.c.proposed_at, decision.c.id) < before)
    ordered = statement.order_by(decision.c.proposed_at.desc(), decision.c.id.desc()).limit(limit)
    return (await session.scalars(ordered)).all()


async def one(session: AsyncSession, decision_id: UUID) -> Decision:
    """Return a decision. Raises NoSuchDecision."""
    found = await session.get(Decision, decision_id)
    if found is None:
        raise NoSuchDecision
    return found
