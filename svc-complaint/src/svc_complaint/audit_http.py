"""Routes of the audit trail (审计)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from lib_audit import records, verify_chain
from lib_service.web import ReadSession
from lib_web import Caller, Limit, Page, read_cursor, requires, write_cursor
from lib_web import Cursor as CursorParameter
from svc_complaint.database import AUDIT

router = APIRouter(prefix="/v1/audit", tags=["审计"])
Auditor = Annotated[Caller, requires("auditor", "supervisor")]


class RecordOut(BaseModel):
    """A record of the trail; `digest` covers it and the digest before it."""

    number: int
    actor: str
    action: str
    subject: str
    at: datetime
    facts: dict[str, str]
    digest: str


class Verdict(BaseModel):
    """Whether nothing was changed, removed or put in between."""

    whole: bool
    records: int
    first_broken: int | None


@router.get("")
async def list_audit(
    caller: Auditor,
    session: ReadSession,
    subject: Annotated[str | None, Query(max_length=80, description="诉求编号等")] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
) -> Page[RecordOut]:
    """List audit records in order, those of one case or all."""
    (after,) = read_cursor(cursor, int) or (0,)
    rows = await records(session, AUDIT, subject=subject, after=after, limit=limit + 1)
    items = [RecordOut(**{**vars(row), "facts": dict(row.facts)}) for row in rows[:limit]]
    return Page(items=items, next=write_cursor(rows[limit - 1].number) if len(rows) > limit else None)


@router.post("/verification")
async def verify_audit(caller: Auditor, session: ReadSession) -> Verdict:
    """Check the whole trail."""
    report = await verify_chain(session, AUDIT)
    return Verdict(whole=report.is_whole, records=report.records, first_broken=report.first_broken)
