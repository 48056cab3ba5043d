"""Routes of the exchange: hand a case to the other platform, see what waits."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from lib_gm import FieldCipher
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, Page, problems, requires
from svc_complaint.complaint_case.commands import CONTENT, SEALED
from svc_complaint.complaint_case.errors import CaseOver, NoSuchCase
from svc_complaint.exchange import store
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1", tags=["平台对接"])


class MessageOut(BaseModel):
    """A message that waits; `reason` is why the last attempt failed."""

    id: UUID
    topic: str
    case_id: UUID | None
    attempts: int
    reason: str | None


@router.post(
    "/cases/{case_id}/forwarding", status_code=202, responses=problems(NoSuchCase, CaseOver, NotAllowed)
)
async def forward_case(
    case_id: UUID,
    caller: Annotated[Caller, requires("dispatcher")],
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Annotated[FieldCipher, component(FieldCipher)],
    settings: Annotated[Settings, component(Settings)],
    clock: ClockDep,
) -> dict[str, str]:
    """Send a case to the other platform as well (转民呼必应); it goes out until it is taken, once."""
    now = clock.now()
    async with uow:
        case = await uow.cases.lock(case_id)
        case.check_open()
        content = cipher.decrypt(case.content, context=CONTENT)
        sealed = cipher.encrypt(json.dumps({"content": content}), context=SEALED)
        body = {"number": case.case_number, "kind": case.kind, "item_code": case.item_code}
        topic = f"{settings.platform_name}/orders"
        await uow.exchange.send(topic, case.case_number, case.id, body, now, sealed=sealed)
        case.log("forward", caller.subject, now, None, platform=settings.platform_name)
        await uow.audit.note(caller.subject, "case.forward", case.case_number, now)
        await uow.commit()
    return {"status": "queued"}


@router.get("/exchange-messages")
async def list_waiting_messages(
    caller: Annotated[Caller, requires("dispatcher", "supervisor")], session: ReadSession
) -> Page[MessageOut]:
    """List messages to other platforms that were not taken yet, those tried most often first."""
    rows = await store.waiting(session, 100)
    return Page(items=[MessageOut.model_validate(row, from_attributes=True) for row in rows], next=None)
