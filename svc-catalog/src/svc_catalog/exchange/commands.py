"""Receive transfers and statuses, queue what partners must know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib_kernel import Clock, new_id
from svc_catalog.application.commands import announce_approval, announce_refusal, facts_of
from svc_catalog.application.domain import RUNNING, Application, Status
from svc_catalog.application.materials import Wallet
from svc_catalog.application.ports import FieldCipher
from svc_catalog.application.submitting import APPLICANT, FORM, Submit, file, planned
from svc_catalog.exchange.domain import Direction, Message, MessageKind, NoSuchTransfer, SharedCase
from svc_catalog.exchange.ports import UnitOfWork

PAYLOAD = "exchange_message.payload"
ENDED = {"approved", "refused", "rejected"}


@dataclass(frozen=True)
class Receive:
    """A partner city hands over an application of somebody who is there."""

    partner: str
    partner_case: str
    submission: Submit


@dataclass(frozen=True)
class Mirror:
    """A partner city tells how an application stands there; `sequence` grows with each status of a case."""

    partner: str
    partner_case: str
    status: str
    sequence: int
    note: str
    legal_ground: str


async def receive(cmd: Receive, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Application:
    """Take over an application from a partner city; the same one is taken over once. Raises as `submit`."""
    async with uow:
        known = await uow.exchange.by_partner_case(cmd.partner, cmd.partner_case)
        if known is not None:
            return await uow.applications.lock(known.application_id)
        plan = await planned(cmd.submission.wish, uow)
        application = await file(cmd.submission, plan, Wallet(), uow=uow, cipher=cipher, clock=clock)
        uow.exchange.share(
            SharedCase(
                application.id, cmd.partner, Direction.IN, cmd.partner_case, "transferred", 0, clock.now()
            )
        )
        facts = {**facts_of(application), "partner": cmd.partner}
        subject = str(application.id)
        await uow.audit.note(f"partner:{cmd.partner}", "exchange.receive", subject, clock.now(), facts)
        await uow.commit(answer=application)
    return application


async def mirror(cmd: Mirror, *, uow: UnitOfWork, clock: Clock) -> bool:
    """Note a partner's status; return whether it was news. A result ends the application here too.

    Raises:
        NoSuchTransfer: the partner knows no application of ours under this name.
    """
    async with uow:
        case = await uow.exchange.by_partner_case(cmd.partner, cmd.partner_case)
        if case is None or case.direction is not Direction.OUT:
            raise NoSuchTransfer
        application = await uow.applications.lock(case.application_id)
        locked = await uow.exchange.case_of(application.id)
        if locked is None or not locked.is_news(cmd.sequence):
            return False
        locked.mirror(cmd.status, cmd.sequence, clock.now())
        by = f"partner:{cmd.partner}"
        if cmd.status in ENDED and application.status in RUNNING:
            _end(application, cmd, by, uow, clock)
        else:
            application.tell(by, clock.now(), f"协作城市办理进度：{cmd.note or cmd.status}")
        facts = {**facts_of(application), "partner_status": cmd.status, "sequence": str(cmd.sequence)}
        await uow.audit.note(by, "exchange.mirror", str(application.id), clock.now(), facts)
        await uow.commit()
    return True


def _end(application: Application, cmd: Mirror, by: str, uow: UnitOfWork, clock: Clock) -> None:
    now = clock.now()
    while ready := application.open_tasks(now):
        for task in ready:
            if cmd.status == "approved":
                application.approve_task(task, by, now, f"协作城市已办结：{cmd.note}")
                continue
            application.refuse_task(task, by, now, cmd.note or "协作城市不予办理", cmd.legal_ground)
            break
    if application.status is Status.APPROVED:
        announce_approval(application, uow=uow, clock=clock)
    else:
        announce_refusal(application, uow=uow, clock=clock)


def queue_transfer(application: Application, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> None:
    """Queue the handing over of an accepted application to its partner city; the caller commits."""
    body = {
        "partner_case": str(application.id),
        "case_number": application.case_number,
        "item_code": application.item_code,
        "item_name": application.item_name,
        "applicant": json.loads(cipher.decrypt(application.applicant, context=APPLICANT)),
        "form": json.loads(cipher.decrypt(application.form, context=FORM)),
        "materials": [
            {"name": kept["name"], "proof": kept.get("proof", "")} for kept in application.materials
        ],
    }
    _queue(application, application.partner_city or "", MessageKind.TRANSFER, body, uow, cipher, clock)


def queue_status(
    application: Application, case: SharedCase, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> None:
    """Queue how an application from a partner city stands here; the caller commits."""
    visible = [step for step in application.steps if not step.get("internal")]
    body = {
        "partner_case": case.partner_case,
        "status": application.status.value,
        "sequence": application.version,
        "note": visible[-1]["note"] if visible else "",
        "legal_ground": application.legal_ground or "",
    }
    _queue(application, case.partner, MessageKind.STATUS, body, uow, cipher, clock)


def _queue(
    application: Application,
    partner: str,
    kind: MessageKind,
    body: Mapping[str, Any],
    uow: UnitOfWork,
    cipher: FieldCipher,
    clock: Clock,
) -> None:
    now = clock.now()
    payload = cipher.encrypt(json.dumps(body, ensure_ascii=False), context=PAYLOAD)
    uow.exchange.queue(Message(new_id(), partner, application.id, kind, payload, now, now))
