"""Routes of the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Query

from lib_audit import records, verify_chain
from lib_service.web import ReadSession
from lib_web import Caller, Cursor, Limit, Page, read_cursor, requires, write_cursor
from svc_seal.audit_trail.schemas import AuditOut, ChainOut
from svc_seal.database import AUDIT

router = APIRouter(prefix="/v1/audit", tags=["用章审计"])

Keeper = Annotated[Caller, requires("seal_keeper")]


@router.get("")
async def list_audit(
    caller: Keeper,
    session: ReadSession,
    subject: Annotated[str | None, Query(max_length=40, description="印章编码")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditOut]:
    """List the audit records of seals in order, of one seal or all (用章审计)."""
    position = read_cursor(cursor, int)
    after = position[0] if position else 0
    rows = await records(session, AUDIT, subject=subject, after=after, limit=limit + 1)
    more = write_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[AuditOut.model_validate(row) for row in rows[:limit]], next=more)


@router.post("/verification")
async def verify_audit(caller: Keeper, session: ReadSession) -> ChainOut:
    """Check that no audit record was changed, removed or put in between (核验审计链)."""
    report = await verify_chain(session, AUDIT)
    text = "审计链完整" if report.is_whole else f"审计链自第 {report.first_broken} 条起被改动或缺失"
    return ChainOut(
        whole=report.is_whole, records=report.records, first_broken=report.first_broken, text=text
    )
