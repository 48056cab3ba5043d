"""What time does to applications: yellow and red cards, and acceptance where nobody told what is missing."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from lib_contracts.catalog import ApplicationAccepted, ApplicationOverdue, ApplicationWarned
from lib_kernel import Clock
from svc_catalog.application.commands import facts_of
from svc_catalog.application.domain import RUNNING, SYSTEM, Application, Status
from svc_catalog.application.events import event_of
from svc_catalog.application.store import application

BATCH = 200

OpenWork = Callable[[], Any]

_c = application.c
_RUNS = (_c.status.in_(sorted(RUNNING)), _c.stopped_at.is_(None))


async def show_yellow(open_work: OpenWork, clock: Clock) -> int:
    """Warn of applications whose time is four fifths over, each once; return how many.

    Rows are claimed with SKIP LOCKED, so several workers share them; the mark and the event are one
    transaction.
    """
    now = clock.now()
    async with open_work() as uow:
        found = await _claimed(uow, *_RUNS, _c.warned_at.is_(None), _c.warn_at <= now, order=_c.warn_at)
        for late in found:
            late.warn(now)
            uow.outbox.add(event_of(ApplicationWarned, late, clock, due_at=late.due_at))
        await uow.commit()
    return len(found)


async def show_red(open_work: OpenWork, clock: Clock) -> int:
    """Mark applications whose time is over, each once; return how many."""
    now = clock.now()
    async with open_work() as uow:
        found = await _claimed(uow, *_RUNS, _c.overdue_at.is_(None), _c.due_at < now, order=_c.due_at)
        for late in found:
            late.show_red(now)
            uow.outbox.add(event_of(ApplicationOverdue, late, clock, due_at=late.due_at))
        await uow.commit()
    return len(found)


async def deem_accepted(open_work: OpenWork, clock: Clock) -> int:
    """Accept what nobody answered within five working days, as the law has it; return how many."""
    now = clock.now()
    async with open_work() as uow:
        found = await _claimed(uow, _c.status == Status.SUBMITTED, _c.tell_by < now, order=_c.tell_by)
        for silent in found:
            silent.deem_accepted(now)
            uow.outbox.add(event_of(ApplicationAccepted, silent, clock, due_at=silent.due_at))
        for silent in found:
            await uow.audit.note(SYSTEM, "application.deem_accepted", str(silent.id), now, facts_of(silent))
        await uow.commit()
    return len(found)


async def _claimed(uow: Any, *conditions: ColumnElement[bool], order: Any) -> list[Application]:
    wanted = (
        select(Application)
        .where(*conditions)
        .order_by(order)
        .limit(BATCH)
        .options(selectinload(Application.tasks))  # type: ignore[arg-type]  # mapped imperatively
        .with_for_update(skip_locked=True, of=application)
    )
    return list((await uow.session.scalars(wanted)).all())
