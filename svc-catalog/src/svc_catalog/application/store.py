"""Table of applications and what commands need of it."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    Uuid,
    and_,
    exists,
    not_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import relationship, selectinload

from lib_db import EnumText, UtcDateTime
from svc_catalog.application.domain import RUNNING, Application, NoSuchApplication, Status
from svc_catalog.application.plan import CasePlan, plan_of_bundle, plan_of_item
from svc_catalog.bundle.store import planned
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.delivery.domain import Method
from svc_catalog.item.domain import ItemNotOnChannel, offered_on
from svc_catalog.item.store import item, one_item
from svc_catalog.task.domain import Task
from svc_catalog.task.store import task

EMPTY_LIST = text("'[]'::jsonb")

application = Table(
    "application",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("case_number", Text, nullable=False, unique=True),
    Column("person_id", Text, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("item_version", Integer, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("service_point", Text, nullable=False),
    Column("appointment_id", Uuid),
    Column("channel", Text, nullable=False),
    Column("applicant", Text, nullable=False, comment="encrypted JSON"),
    Column("form", Text, nullable=False, comment="encrypted JSON"),
    Column("materials", JSONB, nullable=False),
    Column("result_license_type", Text),
    Column("promised_days", Integer, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("accepted_by", Text),
    Column("due_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("steps", JSONB, nullable=False),
    Column("is_bundle", Boolean, nullable=False, server_default=text("false")),
    Column("plan", JSONB, nullable=False, server_default=EMPTY_LIST, comment="steps of departments"),
    Column("answers", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("precheck", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("submitted_by", Text, comment="staff who handed it in for the person"),
    Column("consent_note", Text),
    Column("conveniences", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("delivery_method", EnumText(Method), nullable=False, server_default="electronic"),
    Column("is_instant", Boolean, nullable=False, server_default=text("false")),
    Column("is_unified", Boolean, nullable=False, server_default=text("false")),
    Column("partner_city", Text),
    Column("told", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("tell_by", UtcDateTime, comment="until when what is missing must be told"),
    Column("is_deemed_accepted", Boolean, nullable=False, server_default=text("false")),
    Column("accepted_at", UtcDateTime),
    Column("clock_from", UtcDateTime),
    Column("stops", JSONB, nullable=False, server_default=EMPTY_LIST),
    Column("stopped_at", UtcDateTime),
    Column("warn_at", UtcDateTime),
    Column("warned_at", UtcDateTime),
    Column("overdue_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("legal_ground", Text),
    Column("licenses", JSONB, nullable=False, server_default=EMPTY_LIST, comment="issued as its results"),
    Column("partner", Text, comment="bank at which it was handed in"),
)
_c = application.c
_LATEST = (_c.submitted_at.desc(), _c.id.desc())
_RUNNING = _c.status.in_(sorted(RUNNING))
Index("ix_application_person_latest", _c.person_id, *_LATEST)
Index("ix_application_latest", *_LATEST)
Index("ix_application_status_latest", _c.status, *_LATEST)
Index("ix_application_item_latest", _c.item_code, *_LATEST)
# Each way in which staff may see applications has an index for every filter of the list.
for _scope in (_c.department, _c.service_point):
    _name = f"ix_application_{_scope.name}"
    Index(f"{_name}_latest", _scope, *_LATEST)
    Index(f"{_name}_status_latest", _scope, _c.status, *_LATEST)
    Index(f"{_name}_item_latest", _scope, _c.item_code, *_LATEST)
    Index(f"{_name}_overdue", _scope, *_LATEST, postgresql_where=_c.overdue_at.is_not(None))
# What the duties look for.
Index("ix_application_tell_by", _c.tell_by, postgresql_where=_c.status == Status.SUBMITTED)
Index("ix_application_warn_at", _c.warn_at, postgresql_where=and_(_RUNNING, _c.warned_at.is_(None)))
Index("ix_application_due_at", _c.due_at, postgresql_where=and_(_RUNNING, _c.overdue_at.is_(None)))
# Written by the release before this one; dropped when it is gone.
Index("ix_application_person", _c.person_id, _c.submitted_at.desc(), _c.id)
Index("ix_application_department", _c.department, _c.status, _c.submitted_at)
Index("ix_application_point", _c.service_point, _c.status, _c.submitted_at)

case_counter = Table(
    "case_counter",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

# Numbers go round: unique within a day as long as a day has fewer than a million cases. Taking one locks
# nothing until the commit, so submissions do not wait for each other; one that fails leaves a gap.
case_number_sequence = Sequence(
    "case_number_seq", metadata=METADATA, start=500_000, minvalue=1, maxvalue=999_999, cycle=True
)

MAPPERS.map_imperatively(
    Application,
    application,
    properties={"tasks": relationship(Task, lazy="raise", order_by=task.c.position, cascade="all")},
)


class PlanCache:
    """Plans of items by version: content never changes under a version, so only the version is asked."""

    _of_engines: ClassVar[WeakKeyDictionary[Any, "PlanCache"]] = WeakKeyDictionary()

    def __init__(self, largest: int = 2000) -> None:
        self._plans: dict[tuple[str, int], CasePlan] = {}
        self._largest = largest

    @classmethod
    def of(cls, session: AsyncSession) -> "PlanCache":
        """Return the cache that belongs to the session's database."""
        return cls._of_engines.setdefault(session.get_bind(), cls())

    async def get(self, session: AsyncSession, code: str) -> CasePlan:
        """Return the plan of a published item. Raises NoSuchItem."""
        version = await session.scalar(select(item.c.version).where(item.c.code == code, item.c.is_published))
        known = self._plans.get((code, version)) if version is not None else None
        if known is None:
            current, content = await one_item(session, code)
            if len(self._plans) >= self._largest:
                self._plans.clear()
            known = self._plans[code, current] = plan_of_item(content, current)
        return known


class ApplicationStore:
    """Applications inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, application: Application) -> None:
        """Keep a new application."""
        self._session.add(application)

    async def lock(self, application_id: UUID) -> Application:
        """Return the application with its tasks, locked. Raises NoSuchApplication."""
        found = await self._session.get(
            Application,
            application_id,
            with_for_update={"of": application},
            options=[selectinload(Application.tasks)],  # type: ignore[arg-type]  # mapped imperatively
            populate_existing=True,
        )
        if found is None:
            raise NoSuchApplication
        return found

    async def next_count(self) -> int:
        """Return a number for a case; it is unique within a day and may leave gaps."""
        count: int = (await self._session.execute(case_number_sequence.next_value().select())).scalar_one()
        return count

    async def plan(self, code: str) -> CasePlan:
        """Return the plan of a published item. Raises NoSuchItem."""
        return await PlanCache.of(self._session).get(self._session, code)

    async def bundle_plan(self, code: str, answers: Mapping[str, Any]) -> CasePlan:
        """Return the plan that answers make of a bundle. Raises as `planned` does."""
        return plan_of_bundle(await planned(self._session, code, answers))

    async def check_offered(self, plan: CasePlan, channel: str) -> None:
        """Raise ItemNotOnChannel unless the channel offers every item of the plan."""
        marks = offered_on(channel)
        if marks is None:
            return
        codes = [step.item_code for step in plan.steps]
        wanted = select(item.c.code).where(item.c.code.in_(codes), not_(item.c.channels.overlap(list(marks))))
        missing = sorted(await self._session.scalars(wanted))
        if missing:
            raise ItemNotOnChannel(f"事项 {missing[0]} 请通过其他渠道办理", items=missing)


async def one(session: AsyncSession, application_id: UUID) -> Application:
    """Return an application. Raises NoSuchApplication."""
    found = await session.get(Application, application_id)
    if found is None:
        raise NoSuchApplication
    return found


async def is_handled_by(session: AsyncSession, application_id: UUID, departments: frozenset[str]) -> bool:
    """Return whether one of the departments has a task in the application."""
    wanted = exists().where(task.c.application_id == application_id, task.c.department.in_(departments))
    return bool(await session.scalar(select(wanted)))


async def open_twin(
    session: AsyncSession, person_id: str, item_code: str, beside: UUID | None = None
) -> str | None:
    """Return the case number of a person's (other) open application on the same item."""
    closed = (Status.REJECTED, Status.REFUSED, Status.DELIVERED, Status.WITHDRAWN)
    found: str | None = await session.scalar(
        select(_c.case_number)
        .where(_c.person_id == person_id, _c.item_code == item_code, _c.status.not_in(closed))
        .where(_c.id != beside if beside is not None else true())
        .order_by(*_LATEST)
        .limit(1)
    )
    return found
