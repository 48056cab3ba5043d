"""Asks the departments about pupils who wait, and settles those about whom all is known."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import structlog

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_kernel import Clock, DomainError
from svc_catalog.application.submitting import Wish
from svc_catalog.enrolment import store
from svc_catalog.enrolment.commands import keep_facts, read, read_facts, settle
from svc_catalog.enrolment.domain import Enrolment, EnrolmentStatus, Reason, Run, Source
from svc_catalog.enrolment.gathering import Facts, gather_facts
from svc_catalog.enrolment.ports import DepartmentData

log = structlog.get_logger(__name__)

BATCH = 40
AT_ONCE = 8

OpenWork = Callable[[], Any]


class Rounds(DepartmentData, Protocol):
    """Data services that are given a fresh chance each round."""

    def begin_round(self) -> None:
        """Give every service a fresh chance."""
        ...


async def check_pupils(
    open_work: OpenWork, sessions: Sessions, departments: Rounds, cipher: FieldCipher, clock: Clock
) -> int:
    """Ask about some pupils and settle them; return how many were dealt with.

    Departments are asked outside any transaction. A pupil about whom some service is silent keeps what the
    others said and waits.
    """
    async with open_work() as uow:
        claimed = await uow.enrolments.claim(clock.now(), BATCH)
        await uow.commit()
    if not claimed:
        return 0
    async with sessions() as session:
        pupils = await store.some(session, claimed)
        runs = {run_id: await store.run_of(session, run_id) for run_id in {p.run_id for p in pupils}}
    departments.begin_round()
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(pupil: Enrolment) -> tuple[UUID, Run, Facts, list[Source]]:
        async with limit:
            known = read_facts(pupil, cipher)
            facts, away = await gather_facts(read(pupil, cipher), known, departments)
            return pupil.id, runs[pupil.run_id], facts, away

    for pupil_id, run, facts, away in await asyncio.gather(*(ask(pupil) for pupil in pupils)):
        await _conclude(pupil_id, run, facts, away, open_work, cipher, clock)
    return len(claimed)


async def _conclude(
    pupil_id: UUID,
    run: Run,
    facts: Facts,
    away: list[Source],
    open_work: OpenWork,
    cipher: FieldCipher,
    clock: Clock,
) -> None:
    try:
        async with open_work() as uow:
            enrolment = await uow.enrolments.lock(pupil_id)
            if enrolment.status is not EnrolmentStatus.PENDING:
                return
            keep_facts(enrolment, facts, cipher)
            if away:
                enrolment.wait(clock.now())
            else:
                wish = Wish(bundle_code=run.bundle_code, answers=run.answers)
                await settle(enrolment, facts, wish, uow=uow, cipher=cipher, clock=clock)
            await uow.commit()
    except DomainError as error:
        # The data makes no valid application: that is for a person, not for endless repetition.
        log.warning("enrolment.unclear", error=error.code)
        async with open_work() as uow:
            enrolment = await uow.enrolments.lock(pupil_id)
            keep_facts(enrolment, facts, cipher)
            reason = Reason(Source.HOUSEHOLD, error.code, f"数据不能形成有效申请：{error.title}")
            enrolment.leave_to_clerk([reason.as_data()], None, None)
            await uow.commit()
