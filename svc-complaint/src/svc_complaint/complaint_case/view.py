"""A case as the citizen and as staff may see it: decrypted, masked, without internal notes."""

import json
import re
from datetime import datetime
from typing import Any

from lib_gm import FieldCipher
from lib_kernel import mask_id, mask_name, mask_phone
from svc_complaint.complaint_case.commands import CONTENT, NOTE
from svc_complaint.complaint_case.domain import Case, Record
from svc_complaint.complaint_case.intake import CONTACT, FIELDS
from svc_complaint.complaint_case.schemas import (
    CaseDetail,
    CaseOut,
    CaseReceipt,
    PartOut,
    ReplyOut,
    StaffDetail,
    StepOut,
    Trouble,
)

_ID = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SHOWN = (
    "id case_number kind category urgency item_code department division service_point status received_at"
    " due_at is_overdue outcome"
)
SHOWN = _SHOWN.split()
# What the citizen sees of an internal entry is that it was moved on, never by whom or why.
MOVES = frozenset({"return", "transfer"})


def masked(text: str, *, phones: bool = True) -> str:
    """Return a text without whole ID numbers and, unless they are needed, phone numbers."""
    text = _ID.sub(lambda found: mask_id(found[0]), text)
    return _PHONE.sub(lambda found: mask_phone(found[0]), text) if phones else text


class Viewer:
    """Makes views of cases."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def listed(self, case: Case, *, citizen: bool) -> CaseOut:
        """Return a line of a list."""
        return CaseOut(**self._base(case, citizen=citizen, whole=citizen))

    def receipt(self, case: Case, code: str | None) -> CaseReceipt:
        """Return what a person gets on handing it in."""
        return CaseReceipt(**self._base(case, citizen=True, whole=True), tracking_code=code)

    def for_citizen(self, case: Case, main_number: str | None = None) -> CaseDetail:
        """Return the case for the person who reported it."""
        return CaseDetail(**self._detail(case, citizen=True, whole=True, main_number=main_number))

    def for_staff(self, case: Case, *, whole: bool, main_number: str | None = None) -> StaffDetail:
        """Return the case for staff; ID numbers are never whole, phones only when `whole`."""
        return StaffDetail(
            **self._detail(case, citizen=False, whole=whole, main_number=main_number),
            channel=case.channel,
            is_anonymous=case.person_id is None,
            contact=self._contact_masked(case),
            level=case.level,
            suggested=case.suggested,
            parts=[self._part(part, whole) for part in case.parts],
            extensions=case.extensions,
            supervisions=case.supervisions,
            troubles=[Trouble(**trouble) for trouble in case.troubles],
            helper=case.helper,
            tracked_at=case.tracked_at,
            finding=case.finding,
            call_back_due=case.call_back_due,
            called_back_at=case.called_back_at,
        )

    def contact(self, sealed: str) -> dict[str, str]:
        """Return a person's contact whole; the caller must have checked and noted why."""
        found: dict[str, str] = json.loads(self._cipher.decrypt(sealed, context=CONTACT))
        return found

    def _contact_masked(self, case: Case) -> str | None:
        if case.contact is None:
            return None
        found = self.contact(case.contact)
        return (
            f"{mask_name(found['name'])} {mask_phone(found['phone'])}"
            if found["name"]
            else mask_phone(found["phone"])
        )

    def _detail(self, case: Case, *, citizen: bool, whole: bool, main_number: str | None) -> dict[str, Any]:
        fields = self._cipher.decrypt(case.fields, context=FIELDS) if case.fields else "{}"
        text = self._cipher.decrypt(case.content, context=CONTENT)
        return {
            **self._base(case, citizen=citizen, whole=whole),
            "content": text if citizen else masked(text, phones=not whole),
            "fields": json.loads(fields if citizen else masked(fields, phones=not whole)),
            "application_id": case.application_id,
            "appointment_id": case.appointment_id,
            "window": case.window,
            "replies": [self._reply(reply, citizen or whole) for reply in case.replies],
            "merged_into": main_number,
            "reopened": case.reopened,
        }

    def _base(self, case: Case, *, citizen: bool, whole: bool) -> dict[str, Any]:
        shown = [
            s for s in case.steps if not (citizen and s.get("internal") and s.get("action") not in MOVES)
        ]
        steps = [self._step(step, citizen=citizen, whole=whole) for step in shown]
        return {**{name: getattr(case, name) for name in SHOWN}, "steps": steps}

    def _step(self, step: Record, *, citizen: bool, whole: bool) -> StepOut:
        hidden = citizen and step.get("internal", False)
        # Entries of the first release have their note in plain text.
        note = "" if hidden else self._opened(step.get("sealed")) or step.get("note", "")
        return StepOut(
            at=datetime.fromisoformat(step["at"]),
            action=step.get("action", step["status"]),
            status=step["status"],
            note=note if citizen else masked(note, phones=not whole),
            department=step.get("department"),
        )

    def _reply(self, reply: Record, whole: bool) -> ReplyOut:
        text = self._opened(reply["sealed"])
        at = datetime.fromisoformat(reply["at"])
        return ReplyOut(version=reply["version"], at=at, text=text if whole else masked(text))

    def _part(self, part: Record, whole: bool) -> PartOut:
        opinion = self._opened(part["sealed"])
        return PartOut(
            department=part["department"],
            asked_at=datetime.fromisoformat(part["asked_at"]),
            answered_at=datetime.fromisoformat(part["answered_at"]) if part.get("answered_at") else None,
            opinion=(opinion if whole else masked(opinion)) or None,
        )

    def _opened(self, sealed: str | None) -> str:
        return self._cipher.decrypt(sealed, context=NOTE) if sealed else ""
