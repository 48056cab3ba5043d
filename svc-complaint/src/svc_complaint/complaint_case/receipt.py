"""The answer to a case that was handed in, and to the same request sent again.

The tracking code of an anonymous case is not in the kept answer: it is made again from the key.
"""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Request

from lib_db import KeptAnswer
from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service.web import ClockDep, component, unit_of_work
from lib_web import AnswerReplayed, Keyed, KeyedRequest, Recorder
from svc_complaint.complaint_case.commands import Desk
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.intake import tracking_code
from svc_complaint.complaint_case.schemas import CaseReceipt
from svc_complaint.complaint_case.view import Viewer

Cipher = Annotated[FieldCipher, component(FieldCipher)]


class ReceiptRecorder(Recorder):
    """Keeps the receipt without its code."""

    def __init__(self, request: KeyedRequest, viewer: Viewer) -> None:
        super().__init__(request, CaseReceipt, 201)
        self._viewer = viewer

    def kept(self, answer: object) -> KeptAnswer:
        """Return the answer as it will be kept."""
        assert isinstance(answer, Case)  # noqa: S101 - the intake commits with its case
        return super().kept(self._viewer.receipt(answer, None))


def plain_desk(uow: Annotated[Any, Depends(unit_of_work)], cipher: Cipher, clock: ClockDep) -> Desk:
    """Return the desk for a step (a dependency)."""
    return Desk(uow, cipher, clock)


async def intake_desk(request: Request, keyed: Keyed, cipher: Cipher, clock: ClockDep) -> Desk:
    """Return the desk for handing in; a request that was answered before gets its answer again."""
    return await keyed_desk(request, keyed, cipher, clock)


async def keyed_desk(request: Request, keyed: KeyedRequest | None, cipher: FieldCipher, clock: Clock) -> Desk:
    """Return a desk whose commit keeps the receipt under the request's key. Raises AnswerReplayed."""
    runtime = request.app.state.runtime
    if keyed is None:
        return Desk(runtime.uow(), cipher, clock)
    desk = Desk(runtime.uow(ReceiptRecorder(keyed, Viewer(cipher))), cipher, clock)
    found = await keyed.earlier(request.app.state.reading)
    if found is not None:
        raise AnswerReplayed(await _with_code(found, desk))
    return desk


async def _with_code(kept: KeptAnswer, desk: Desk) -> KeptAnswer:
    body = orjson.loads(kept.body)
    async with desk.uow as uow:
        case = await uow.cases.lock(UUID(body["id"]))
    if case.tracking_hash is not None:
        body["tracking_code"] = tracking_code(case.id, desk)
    return KeptAnswer(kept.request_hash, kept.status, orjson.dumps(body))
