"""Routes of ratings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from lib_gm import FieldCipher
from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, component, recorded
from lib_web import Citizen, Cursor, Limit, Page, problems, read_cursor, write_cursor
from svc_complaint.rating import store
from svc_complaint.rating.commands import SubmitRating, submit_rating
from svc_complaint.rating.domain import NoSuchRating, Status
from svc_complaint.rating.ports import UnitOfWork
from svc_complaint.rating.schemas import RatingOut, RatingSubmit
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/ratings", tags=["好差评"])


@router.get("")
async def list_ratings(
    caller: Citizen,
    session: ReadSession,
    status: Status | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[RatingOut]:
    """List the caller's invitations and ratings, the latest first."""
    before = read_cursor(cursor, datetime, UUID)
    rows = await store.of_person(session, caller.person_id, status=status, before=before, limit=limit + 1)
    items = [RatingOut.model_validate(row) for row in rows[:limit]]
    more = write_cursor(rows[limit - 1].invited_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=items, next=more)


@router.post("/{rating_id}/submission", status_code=201, responses=problems(NoSuchRating, IllegalMove))
async def submit(
    rating_id: UUID,
    body: RatingSubmit,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(RatingOut)],
    cipher: Annotated[FieldCipher, component(FieldCipher)],
    clock: ClockDep,
    settings: Annotated[Settings, component(Settings)],
) -> RatingOut:
    """Rate a service, once; a bad rating opens a case by itself (差评)."""
    command = SubmitRating(
        rating_id, caller.person_id, body.level, settings.rectification_days, body.tags, body.comment
    )
    return RatingOut.model_validate(await submit_rating(command, uow=uow, cipher=cipher, clock=clock))
