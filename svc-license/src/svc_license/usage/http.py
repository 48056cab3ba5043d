"""Route of the record of use."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from lib_service.web import ReadSession
from lib_web import Citizen, Cursor, Limit, Page, problems, read_cursor, write_cursor
from svc_license.license import store as licenses
from svc_license.license.domain import NoSuchLicense
from svc_license.usage import store
from svc_license.usage.schemas import ReadOut

router = APIRouter(prefix="/v1", tags=["用证记录"])


@router.get("/licenses/{license_id}/reads", responses=problems(NoSuchLicense))
async def list_reads(
    license_id: UUID, caller: Citizen, session: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> Page[ReadOut]:
    """Tell the holder who read a licence (用证记录)."""
    found = await licenses.one_of_person(session, license_id, caller.person_id)
    before = read_cursor(cursor, datetime, UUID)
    rows = await store.reads_of(session, found.id, before=before, limit=limit + 1)
    more = write_cursor(rows[limit - 1].read_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[ReadOut.model_validate(row) for row in rows[:limit]], next=more)
