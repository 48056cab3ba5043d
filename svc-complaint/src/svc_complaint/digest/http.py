"""Routes of the daily digest."""

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_sheets import XLSX_MEDIA_TYPE
from lib_web import Caller, Day, problems, requires
from svc_complaint.digest import page, store
from svc_complaint.digest.domain import NoSuchDigest
from svc_complaint.directory import store as directory

router = APIRouter(prefix="/v1", tags=["每日汇总"])
TREND_DAYS = 8

Reader = Annotated[Caller, requires("dispatcher", "supervisor", "leader", "officer", "case_handler")]


class CountsOut(BaseModel):
    """Cases received and closed in the day, open and overdue at its end."""

    received: int
    closed: int
    open: int
    overdue: int


class GroupOut(CountsOut):
    """Counts of one kind, cause, department or division; an empty code: not known yet."""

    code: str


class TopicOut(BaseModel):
    """A cause that came up at a place three times or more in a week."""

    category: str
    place: str
    cases: int


class RatingsOut(BaseModel):
    """Ratings given in the day, and call-backs made."""

    rated: int
    bad: int
    called_back: int


class DigestOut(CountsOut):
    """A day's digest."""

    day: date
    closed_on_time: int
    escalated: int
    troubles: int
    ratings: RatingsOut
    by_kind: list[GroupOut]
    by_category: list[GroupOut]
    by_department: list[GroupOut]
    by_division: list[GroupOut]
    topics: list[TopicOut]
    day_before: CountsOut | None
    week_before: CountsOut | None


class Subscription(BaseModel):
    """Whether the caller gets the digest."""

    subscribed: bool


@router.get("/digests/{day}", responses=problems(NoSuchDigest))
async def get_digest(day: Day, caller: Reader, session: ReadSession) -> DigestOut:
    """Return the digest of a day."""
    return DigestOut.model_validate(await store.one(session, day))


@router.get("/digests/{day}/page", responses=problems(NoSuchDigest))
async def digest_page(day: Day, caller: Reader, session: ReadSession) -> Response:
    """Return the digest as a page with charts."""
    facts, trend = await store.one(session, day), await store.last(session, day, TREND_DAYS)
    return Response(page.page(facts, trend, await _names(session)), media_type="text/html; charset=utf-8")


@router.get("/digests/{day}/sheet", responses=problems(NoSuchDigest))
async def digest_sheet(day: Day, caller: Reader, session: ReadSession) -> Response:
    """Return the digest as xlsx."""
    facts, names = await store.one(session, day), await _names(session)
    book = await asyncio.to_thread(page.workbook, facts, names)
    headers = {"Content-Disposition": f'attachment; filename="digest-{day.isoformat()}.xlsx"'}
    return Response(book, media_type=XLSX_MEDIA_TYPE, headers=headers)


@router.put("/digest-subscription")
async def subscribe_to_digest(
    caller: Reader, uow: Annotated[Any, Depends(unit_of_work)], clock: ClockDep
) -> Subscription:
    """Get the digest every day as a message."""
    async with uow:
        await store.subscribe(uow.session, caller.subject, clock.now())
        await uow.commit()
    return Subscription(subscribed=True)


@router.delete("/digest-subscription")
async def unsubscribe_from_digest(caller: Reader, uow: Annotated[Any, Depends(unit_of_work)]) -> Subscription:
    """Get the digest no more."""
    async with uow:
        await store.unsubscribe(uow.session, caller.subject)
        await uow.commit()
    return Subscription(subscribed=False)


async def _names(session: Any) -> dict[str, str]:
    return {**await directory.names(session), **await store.labels(session)}
