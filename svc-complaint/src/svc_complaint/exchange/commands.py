"""Hand a case of ours to the other platform."""

import json
from typing import Protocol
from uuid import UUID

from lib_kernel import Clock
from svc_complaint.complaint_case.commands import CONTENT, SEALED
from svc_complaint.complaint_case.ports import UnitOfWork


class FieldCipher(Protocol):
    """Encrypts and decrypts what people write."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...


async def forward(
    case_id: UUID, platform: str, by: str, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> None:
    """Queue a case for another platform (转办); asked twice, it is sent once.

    Raises:
        NoSuchCase, CaseOver: there is no such case, or it is over.
    """
    now = clock.now()
    async with uow:
        case = await uow.cases.lock(case_id)
        case.check_open()
        content = cipher.decrypt(case.content, context=CONTENT)
        sealed = cipher.encrypt(json.dumps({"content": content}), context=SEALED)
        body = {"number": case.case_number, "kind": case.kind, "item_code": case.item_code}
        await uow.exchange.send(f"{platform}/orders", case.case_number, case.id, body, now, sealed=sealed)
        case.log("forward", by, now, None, platform=platform)
        await uow.audit.note(by, "case.forward", case.case_number, now)
        await uow.commit()
