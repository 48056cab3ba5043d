"""Routes of decisions."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, Invalid, mask_id
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Caller, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_license.decision import store
from svc_license.decision.commands import Deciding, Proposal
from svc_license.decision.domain import (
    Decision,
    DecisionOpen,
    NoSuchDecision,
    NotRenewable,
    SecondPersonNeeded,
    Standing,
)
from svc_license.decision.ports import UnitOfWork
from svc_license.decision.schemas import DecisionCreate, DecisionDetail, DecisionOut, Remark
from svc_license.kind.domain import NoSuchKind
from svc_license.license.domain import NoSuchLicense
from svc_license.license.schemas import DepartmentLicense
from svc_license.license.text import FIELDS, HOLDER_NAME, HOLDER_NUMBER, LicenseText
from svc_license.person import PersonKey

router = APIRouter(prefix="/v1", tags=["证照管理"])

Officer = Annotated[Caller, requires("officer")]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Key = Annotated[PersonKey, component(PersonKey)]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]

PROPOSING = problems(
    NoSuchLicense, NoSuchKind, DecisionOpen, IllegalMove, Invalid, NotRenewable, SecondPersonNeeded
)
DECIDING = problems(NoSuchDecision, SecondPersonNeeded, IllegalMove, DecisionOpen)


@router.post("/license-decisions", status_code=201, responses=PROPOSING)
async def create_decision(
    body: DecisionCreate,
    caller: Officer,
    uow: Annotated[UnitOfWork, recorded(DecisionOut)],
    cipher: Cipher,
    key: Key,
    clock: ClockDep,
) -> DecisionOut:
    """Propose to issue, renew, change, suspend, resume or revoke; a suspension takes effect at once."""
    text = None
    if body.fields is not None:
        text = LicenseText(body.holder_name or "", body.holder_number or "", body.fields)
    wanted = Proposal(
        body.action, caller.subject, body.reason, body.license_id, body.type_code, text, body.wallet_number
    )
    deciding = Deciding(uow, cipher, key.value, clock, caller.check_org)
    return DecisionOut.model_validate(await deciding.propose(wanted))


@router.get("/license-decisions")
async def list_decisions(
    caller: Officer,
    session: ReadSession,
    status: Standing | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DecisionOut]:
    """List the decisions of the caller's departments."""
    orgs = None if "admin" in caller.roles else sorted(caller.orgs)
    before = read_cursor(cursor, datetime, UUID)
    rows = await store.of_departments(session, orgs, status=status, before=before, limit=limit + 1)
    more = write_cursor(rows[limit - 1].proposed_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[DecisionOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/license-decisions/{decision_id}", responses=problems(NoSuchDecision))
async def get_decision(
    decision_id: UUID, caller: Officer, session: ReadSession, cipher: Cipher
) -> DecisionDetail:
    """Return a decision with what the licence will say, for the second person."""
    found = await store.one(session, decision_id)
    caller.check_org(found.department)
    return _detail(found, cipher)


@router.post("/license-decisions/{decision_id}/approval", responses=DECIDING)
async def approve_decision(
    decision_id: UUID, caller: Officer, uow: Uow, cipher: Cipher, key: Key, clock: ClockDep
) -> DecisionOut:
    """Approve a decision that another person proposed; it is carried out (复核通过)."""
    deciding = Deciding(uow, cipher, key.value, clock, caller.check_org)
    return DecisionOut.model_validate(await deciding.approve(decision_id, caller.subject))


@router.post("/license-decisions/{decision_id}/rejection", responses=DECIDING)
async def reject_decision(
    decision_id: UUID, body: Remark, caller: Officer, uow: Uow, cipher: Cipher, key: Key, clock: ClockDep
) -> DecisionOut:
    """Reject a decision that another person proposed."""
    deciding = Deciding(uow, cipher, key.value, clock, caller.check_org)
    return DecisionOut.model_validate(await deciding.reject(decision_id, caller.subject, body.reason))


@router.post("/department-licenses/{license_id}/cancellation", responses=problems(NoSuchLicense, IllegalMove))
async def cancel_draft(
    license_id: UUID, body: Remark, caller: Officer, uow: Uow, cipher: Cipher, key: Key, clock: ClockDep
) -> DepartmentLicense:
    """Give up a draft that cannot be made."""
    deciding = Deciding(uow, cipher, key.value, clock, caller.check_org)
    return DepartmentLicense.model_validate(await deciding.cancel(license_id, caller.subject, body.reason))


def _detail(found: Decision, cipher: FieldCipher) -> DecisionDetail:
    known = DecisionOut.model_validate(found).model_dump()
    if found.fields is None or found.holder_name is None or found.holder_number is None:
        return DecisionDetail(**known, holder_name=None, holder_number=None, fields=None)
    return DecisionDetail(
        **known,
        holder_name=cipher.decrypt(found.holder_name, context=HOLDER_NAME),
        holder_number=mask_id(cipher.decrypt(found.holder_number, context=HOLDER_NUMBER)),
        fields=json.loads(cipher.decrypt(found.fields, context=FIELDS)),
    )
