"""How a case comes in: fields checked, text read, sorted in by taxonomy and rules, timers set."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import jsonschema

from lib_kernel import CITY_ZONE, Invalid, new_id
from svc_complaint.complaint_case.commands import CONTENT, Desk, settle
from svc_complaint.complaint_case.domain import SYSTEM, Case, format_case_number
from svc_complaint.complaint_case.tidings import event
from svc_complaint.directory.domain import division_of
from svc_complaint.kind.domain import CaseKind
from svc_complaint.triage.domain import Facts, suggest
from svc_complaint.triage.domain import route as route_of
from svc_complaint.triage.segment import fingerprints, words

CONTACT = "complaint_case.contact"
FIELDS = "complaint_case.fields"


class FieldsInvalid(Invalid):
    """The kind's own fields are not as its schema says."""

    code = "case-fields-invalid"
    title = "该类诉求的专有内容填写不正确"


@dataclass(frozen=True)
class Receive:
    """What a person, a bad rating or another platform complains about."""

    kind: str
    person_id: str | None
    content: str
    channel: str
    scopes: frozenset[str]
    by: str = SYSTEM
    fields: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, str] | None = None
    category: str | None = None
    item_code: str | None = None
    application_id: UUID | None = None
    appointment_id: UUID | None = None
    window: str | None = None
    department: str | None = None
    division: str | None = None
    service_point: str | None = None
    external: str | None = None
    is_anonymous: bool = False


async def receive(cmd: Receive, desk: Desk) -> Case:
    """Take a case in.

    Raises:
        NoSuchKind, NotAllowed, FieldsInvalid: the kind is unknown, not for the caller, or filled in wrongly.
    """
    async with desk.uow as uow:
        case = await open_case(cmd, desk)
        await uow.audit.note(
            cmd.by,
            "case.receive",
            case.case_number,
            case.received_at,
            {"kind": case.kind, "channel": cmd.channel},
        )
        await uow.commit(answer=case)
    return case


async def open_case(cmd: Receive, desk: Desk) -> Case:
    """Open a case inside the desk's transaction, which is under way: a bad rating opens one with itself."""
    uow, cipher, now = desk.uow, desk.cipher, desk.clock.now()
    kind = await uow.kinds.current(cmd.kind)
    _check(kind, cmd)
    case_id, day = new_id(), now.astimezone(CITY_ZONE).strftime("%Y%m%d")
    case = Case.receive(
        kind,
        now,
        id=case_id,
        case_number=format_case_number(kind.prefix, day, await uow.cases.next_count(day)),
        channel=cmd.channel,
        person_id=cmd.person_id,
        tracking_hash=hash_code(tracking_code(case_id, desk)) if cmd.is_anonymous else None,
        content=cipher.encrypt(cmd.content, context=CONTENT),
        contact=cipher.encrypt(json.dumps(cmd.contact), context=CONTACT) if cmd.contact else None,
        fields=cipher.encrypt(json.dumps(cmd.fields), context=FIELDS) if cmd.fields else None,
        item_code=cmd.item_code,
        application_id=cmd.application_id,
        appointment_id=cmd.appointment_id,
        window=cmd.window,
        department=cmd.department,
        division=cmd.division or division_of(cmd.service_point),
        service_point=cmd.service_point,
        external=cmd.external,
    )
    uow.cases.add(case)
    uow.outbox.add(event("receive", case, now))
    await uow.triage.remember(case.id, fingerprints(cmd.content, cipher), now)
    await _sort_in(case, kind, cmd, desk, now)
    await settle(case, kind, uow, now)
    return case


def _check(kind: CaseKind, cmd: Receive) -> None:
    if not cmd.scopes & kind.opened_by:
        raise Invalid(f"“{kind.name}”不能由您提交", field="kind", opened_by=sorted(kind.opened_by))
    errors = list(jsonschema.Draft202012Validator(dict(kind.schema)).iter_errors(cmd.fields))
    if errors:
        path = ".".join(["fields", *(str(part) for part in errors[0].absolute_path)])
        raise FieldsInvalid(f"{path}：{errors[0].message}", field=path)


async def _sort_in(case: Case, kind: CaseKind, cmd: Receive, desk: Desk, now: datetime) -> None:
    uow = desk.uow
    categories = await uow.triage.categories()
    suggestions = suggest(words(cmd.content), cmd.content, categories)
    case.suggested = [
        {
            "category": one.category,
            "name": one.name,
            "department": one.department,
            "score": one.score,
            "reasons": [{"word": reason.word, "weight": reason.weight} for reason in one.reasons],
        }
        for one in suggestions
    ]
    category = cmd.category or (suggestions[0].category if suggestions else None)
    by_code = {one.code: one for one in categories}
    if cmd.category is not None and cmd.category not in by_code:
        raise Invalid("原因类别不存在", field="category")
    speaking = next((one.department for one in suggestions if one.department), None)
    facts = Facts(
        kind=kind.code,
        category=category,
        category_department=(by_code[category].department if category in by_code else None) or speaking,
        item_code=cmd.item_code,
        service_point=cmd.service_point,
        division=case.division,
        channel=cmd.channel,
        fields=cmd.fields,
    )
    found = route_of(facts, await uow.triage.rules())
    if found is not None:
        case.urgency = found.urgency
        case.suggested = [*case.suggested, {"rule": found.rule, "department": found.department}]
    if not kind.auto_triage or (category is None and found is None and case.department is None):
        return
    case.triage(kind, SYSTEM, now, category, None)
    uow.outbox.add(event("triage", case, now))
    if found is not None and found.auto_dispatch and found.department:
        case.dispatch(kind, SYSTEM, now, found.department, None)
        uow.outbox.add(event("dispatch", case, now))


def tracking_code(case_id: UUID, desk: Desk) -> str:
    """Return the code by which an anonymous case is followed: 100 bits that only the key leads to.

    Nobody can get it from the database, which has its hash; we can make it again when a request is repeated.
    """
    digest = bytes.fromhex(desk.cipher.blind_index(f"tracking:{case_id}"))
    plain = base64.b32encode(digest)[:20].decode()
    return "-".join(plain[start : start + 5] for start in range(0, 20, 5))


def hash_code(code: str) -> str:
    """Return what is kept of a tracking code: its SM3."""
    plain = code.replace("-", "").replace(" ", "").upper()
    return hashlib.new("sm3", plain.encode()).hexdigest()
