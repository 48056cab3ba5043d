"""Every path of an application's life, by random steps on a real database, compared with a model."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from catalog_cases import APPLICANT, FIRE, LAW, MARKET
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from lib_audit import verify_chain
from lib_contracts.license import LicenseIssued
from lib_db import make_engine, make_sessions
from lib_gm import FieldCipher
from lib_kernel import Conflict, NotAllowed
from lib_messaging import InboxProcessor, wrap
from lib_testing import FixedClock
from svc_catalog.application import commands, duties
from svc_catalog.application.commands import Decide, Ruling
from svc_catalog.application.consumers import keep_license
from svc_catalog.application.domain import NEXT, RUNNING, Application, Status, StopKind
from svc_catalog.application.materials import Material, Source
from svc_catalog.application.sisters import NoWallet
from svc_catalog.application.submitting import Submit, Wish, submit
from svc_catalog.casework import commands as casework
from svc_catalog.database import AUDIT, MESSAGES
from svc_catalog.settings import Settings
from svc_catalog.task.domain import TaskStatus
from svc_catalog.uow import CatalogUnitOfWork

ONCE = (
    "catalog.application.submitted.v1",
    "catalog.application.accepted.v1",
    "catalog.application.approved.v1",
    "catalog.application.refused.v1",
    "catalog.application.delivered.v1",
    "catalog.application.warned.v1",
    "catalog.application.overdue.v1",
)
MATERIALS = (Material("申请书", Source.APPLICANT),)
FORM = {"operator_name": "李记"}
ENDED = {Status.REJECTED, Status.REFUSED, Status.WITHDRAWN, Status.DELIVERED}


def machine(database: str, cipher: FieldCipher) -> type[RuleBasedStateMachine]:
    """Return the machine on a database."""

    class Life(RuleBasedStateMachine):
        """One application of two departments; `status` is what the model expects."""

        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.engine = make_engine(database, pool_size=2)
            self.sessions = make_sessions(self.engine)
            self.clock = FixedClock()
            self.status = Status.SUBMITTED
            self.stopped = False
            self.approved: set[str] = set()
            self.licences: set[str] = set()

        def teardown(self) -> None:
            self.runner.run(self.engine.dispose())
            self.runner.close()

        def uow(self) -> CatalogUnitOfWork:
            return CatalogUnitOfWork(self.sessions)

        def do(self, action: Any, wanted: Status, *, may: bool | None = None) -> None:
            """Take a step; it must succeed exactly if the model says so."""
            allowed = wanted in NEXT[self.status] if may is None else may
            try:
                self.runner.run(action)
            except (Conflict, NotAllowed):
                assert not allowed, f"{self.status} -> {wanted} was refused"
                return
            assert allowed, f"{self.status} -> {wanted} was taken"
            self.status = wanted

        def decide(self, by: str = "clerk", note: str = "说明") -> Decide:
            return Decide(self.id, by, lambda _: None, note=note)

        def ruling(self, department: str) -> Ruling:
            return Ruling(self.id, "officer", lambda code: code == department, None, "说明", LAW)

        @initialize()
        def hand_in(self) -> None:
            cmd = Submit(
                Wish(bundle_code="open-shop"), "p", "pc", APPLICANT, FORM, MATERIALS, service_point="h"
            )
            filed = self.runner.run(
                submit(cmd, uow=self.uow(), wallet=NoWallet(), cipher=cipher, clock=self.clock)
            )
            self.id: UUID = filed.id

        @rule()
        def accept(self) -> None:
            action = commands.accept(self.decide(), uow=self.uow(), clock=self.clock)
            self.do(action, Status.ACCEPTED)

        @rule()
        def ask_for_more(self) -> None:
            action = commands.request_supplement(self.decide(), ["照片"], uow=self.uow(), clock=self.clock)
            self.do(action, Status.SUPPLEMENT_REQUESTED)

        @rule()
        def hand_in_more(self) -> None:
            action = commands.supplement(
                self.decide("p"),
                FORM,
                MATERIALS,
                uow=self.uow(),
                wallet=NoWallet(),
                cipher=cipher,
                clock=self.clock,
            )
            self.do(action, Status.SUBMITTED)

        @rule()
        def reject(self) -> None:
            action = commands.reject(self.decide(), uow=self.uow(), clock=self.clock)
            self.do(action, Status.REJECTED)

        @rule()
        def withdraw(self) -> None:
            action = commands.withdraw(self.decide("p"), uow=self.uow(), clock=self.clock)
            self.do(action, Status.WITHDRAWN)

        @rule(department=st.sampled_from([MARKET, FIRE]))
        def approve(self, department: str) -> None:
            may = self.status in RUNNING and not self.stopped and department not in self.approved
            last = bool(self.approved)
            action = commands.approve(self.ruling(department), uow=self.uow(), clock=self.clock)
            self.do(action, Status.APPROVED if last else Status.IN_PROGRESS, may=may)
            if may:
                self.approved.add(department)

        @rule(department=st.sampled_from([MARKET, FIRE]))
        def refuse(self, department: str) -> None:
            may = self.status in RUNNING and not self.stopped and department not in self.approved
            action = commands.refuse(self.ruling(department), uow=self.uow(), clock=self.clock)
            self.do(action, Status.REFUSED, may=may)

        @rule(stop=st.booleans())
        def turn_the_clock(self, stop: bool) -> None:
            if stop:
                may = self.status in RUNNING and not self.stopped
                action = casework.stop_clock(
                    self.decide(), StopKind.HEARING, uow=self.uow(), clock=self.clock
                )
            else:
                may = self.stopped
                action = casework.run_clock(self.decide(), uow=self.uow(), clock=self.clock)
            self.do(action, self.status, may=may)
            if may:
                self.stopped = stop

        @rule(days=st.integers(1, 6))
        def time_passes(self, days: int) -> None:
            self.clock.advance(timedelta(days=days))
            for duty in (duties.show_yellow, duties.show_red, duties.deem_accepted):
                self.runner.run(duty(self.uow, self.clock))
            if self.status is Status.SUBMITTED:
                # Only the application knows whether its five working days are over.
                self.status = self.runner.run(self.found()).status
                assert self.status in {Status.SUBMITTED, Status.ACCEPTED}

        @rule(kind=st.sampled_from(["LT1", "LT2"]))
        def a_licence_is_issued(self, kind: str) -> None:
            event = LicenseIssued(
                license_id=uuid4(),
                license_number="1",
                license_type=kind,
                license_name="证",
                person_id="p",
                application_id=self.id,
                issued_at=self.clock.now(),
            )
            envelope = wrap(event, source="svc-license", now=self.clock.now())
            processor = InboxProcessor(keep_license.given(clock=self.clock), self.uow)
            for _ in range(2):
                self.runner.run(processor.process(envelope))
            if self.status is Status.APPROVED:
                self.licences.add(kind)
                self.status = Status.DELIVERED if self.licences == {"LT1", "LT2"} else Status.APPROVED

        async def found(self) -> Application:
            async with self.uow() as uow:
                return await uow.applications.lock(self.id)

        async def events(self) -> list[str]:
            async with self.sessions() as session:
                wanted = select(MESSAGES.outbox.c.type).where(
                    MESSAGES.outbox.c.envelope.contains(str(self.id))
                )
                return list(await session.scalars(wanted))

        @invariant()
        def the_rows_agree_with_the_model(self) -> None:
            if not hasattr(self, "id"):
                return
            application = self.runner.run(self.found())
            assert application.status is self.status
            states = {task.status for task in application.tasks}
            if self.status in ENDED:
                assert not states & {TaskStatus.OPEN, TaskStatus.WAITING}
            if self.status in {Status.APPROVED, Status.DELIVERED}:
                assert states == {TaskStatus.APPROVED}
            if self.status in RUNNING:
                assert TaskStatus.OPEN in states
                assert application.due_at is not None
            cards = (application.warned_at is not None) + (application.overdue_at is not None)
            assert application.version == 1 + len(application.steps) + cards

        @invariant()
        def every_event_went_out_once_and_the_trail_is_whole(self) -> None:
            if not hasattr(self, "id"):
                return
            events = self.runner.run(self.events())
            assert all(events.count(kind) <= 1 for kind in ONCE)
            assert ("catalog.application.approved.v1" in events) == (
                self.status in {Status.APPROVED, Status.DELIVERED}
            )

            async def whole() -> bool:
                async with self.sessions() as session:
                    return (await verify_chain(session, AUDIT)).is_whole

            assert self.runner.run(whole())

    return Life


def test_no_path_breaks_an_application(database: str, settings_of_service: Settings) -> None:
    run_state_machine_as_test(
        machine(database, FieldCipher.from_file(settings_of_service.field_keys_file)),
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
