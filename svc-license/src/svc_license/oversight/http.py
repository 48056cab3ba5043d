"""Routes of the audit trail and of indicators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from lib_audit import records, verify_chain
from lib_kernel import CITY_ZONE
from lib_service.web import ReadSession
from lib_web import Caller, Cursor, Limit, Page, read_cursor, requires, write_cursor
from svc_license.database import AUDIT
from svc_license.license import store as licenses
from svc_license.oversight.domain import figures
from svc_license.oversight.schemas import AuditOut, ChainOut, Indicator, Indicators
from svc_license.usage import store as usage

router = APIRouter(prefix="/v1", tags=["监督"])

Auditor = Annotated[Caller, requires("auditor")]
Overseer = Annotated[Caller, requires("service", "leader", "officer")]


@router.get("/audit")
async def list_audit(
    caller: Auditor,
    session: ReadSession,
    subject: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditOut]:
    """List the audit records in order, of one licence or all (审计)."""
    position = read_cursor(cursor, int)
    after = position[0] if position else 0
    rows = await records(session, AUDIT, subject=subject, after=after, limit=limit + 1)
    more = write_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return Page(items=[AuditOut.model_validate(row) for row in rows[:limit]], next=more)


@router.post("/audit/verification")
async def verify_audit(caller: Auditor, session: ReadSession) -> ChainOut:
    """Check that no audit record was changed, removed or put in between."""
    report = await verify_chain(session, AUDIT)
    return ChainOut(whole=report.is_whole, records=report.records, first_broken=report.first_broken)


@router.get("/indicators")
async def list_indicators(
    caller: Overseer, session: ReadSession, year: Annotated[int, Query(ge=2000, le=2100)]
) -> Indicators:
    """Return a year's figures: licences by kind and status at its end, presentations, reads."""
    begin, end = datetime(year, 1, 1, tzinfo=CITY_ZONE), datetime(year + 1, 1, 1, tzinfo=CITY_ZONE)
    found = figures(await licenses.counts(session, end), await usage.counts(session, begin, end))
    return Indicators(
        items=[
            Indicator(
                code=f.code, title=f.title, value=f.value, unit="count", numerator=None, denominator=None
            )
            for f in found
        ]
    )
