"""Routes of ratings."""

from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, IllegalMove, Invalid, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import (
    AnyCaller,
    Caller,
    Citizen,
    Cursor,
    Day,
    Limit,
    Page,
    problems,
    read_cursor,
    requires,
    write_cursor,
)
from svc_complaint.rating import commands, store
from svc_complaint.rating.commands import SubmitRating, submit_rating
from svc_complaint.rating.domain import (
    AppealedBefore,
    Limits,
    NoSuchRating,
    NotBad,
    RatingClosed,
    Status,
    TagUnknown,
)
from svc_complaint.rating.ports import UnitOfWork
from svc_complaint.rating.schemas import (
    Appeal,
    RatedOut,
    RateOut,
    Rates,
    RatingOut,
    RatingSubmit,
    Review,
    TagOut,
    Tags,
)
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/ratings", tags=["好差评"])
reports = APIRouter(prefix="/v1", tags=["好差评"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
SettingsDep = Annotated[Settings, component(Settings)]
Reviewer = Annotated[Caller, requires("rating_reviewer", "dispatcher")]


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


@router.post(
    "/{rating_id}/submission",
    status_code=201,
    responses=problems(NoSuchRating, IllegalMove, RatingClosed, TagUnknown),
)
async def submit(
    rating_id: UUID,
    body: RatingSubmit,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(RatingOut)],
    cipher: Cipher,
    clock: ClockDep,
    settings: SettingsDep,
) -> RatingOut:
    """Rate a service, once; a bad rating opens a case by itself (差评)."""
    limits = Limits(settings.ratings_a_day, settings.window_ratings)
    command = SubmitRating(
        rating_id, caller.person_id, body.level, caller.channel, limits, body.tags, body.comment
    )
    return RatingOut.model_validate(await submit_rating(command, uow=uow, cipher=cipher, clock=clock))


@router.post(
    "/{rating_id}/appeal", responses=problems(NoSuchRating, IllegalMove, NotBad, AppealedBefore, NotAllowed)
)
async def appeal_rating(
    rating_id: UUID,
    body: Appeal,
    caller: Annotated[Caller, requires("case_handler")],
    uow: Uow,
    cipher: Cipher,
    clock: ClockDep,
) -> RatedOut:
    """Appeal against a bad rating of one's department (申诉)."""
    found = await commands.appeal(
        rating_id, caller.subject, caller.orgs, body.reason, uow=uow, cipher=cipher, clock=clock
    )
    return RatedOut.model_validate(found)


@router.post("/{rating_id}/review", responses=problems(NoSuchRating, IllegalMove, NotAllowed))
async def review_rating(
    rating_id: UUID, body: Review, caller: Reviewer, uow: Uow, clock: ClockDep
) -> RatedOut:
    """Decide an appeal (复核); a rating set aside does not count."""
    found = await commands.review(rating_id, caller.subject, body.set_aside, body.note, uow=uow, clock=clock)
    return RatedOut.model_validate(found)


@reports.get("/ratings-to-review")
async def ratings_to_review(
    caller: Reviewer, session: ReadSession, flagged: bool = False, limit: Limit = 50
) -> Page[RatedOut]:
    """List ratings with an open appeal, or those that look like ballot stuffing (刷评)."""
    rows = await store.to_review(session, flagged=flagged, limit=limit)
    return Page(items=[RatedOut.model_validate(row) for row in rows], next=None)


@reports.get("/rating-tags")
async def list_rating_tags(caller: AnyCaller, session: ReadSession) -> Tags:
    """List the tags by level."""
    return Tags(items=[TagOut(**tag) for tag in await store.tags(session)])


@reports.get("/rating-rates")
async def rating_rates(
    caller: Annotated[Caller, requires("case_handler", "dispatcher", "supervisor", "leader", "officer")],
    session: ReadSession,
    by: Literal["item", "department", "service_point", "window", "clerk"],
    since: Annotated[Day, Query(description="第一天")],
    until: Annotated[Day, Query(description="最后一天")],
) -> Rates:
    """Return ratings of services in a span of days, by item, department, window or clerk."""
    if until < since:
        raise Invalid("until 不能早于 since", field="until")
    begin = datetime.combine(since, time(), CITY_ZONE)
    end = datetime.combine(until + timedelta(days=1), time(), CITY_ZONE)
    return Rates(items=[_rate(rate) for rate in await store.rates(session, by, begin, end)])


def _rate(rate: store.Rate) -> RateOut:
    counted = rate.good + rate.bad
    return RateOut(
        **vars(rate) | {"levels": list(rate.levels)},
        active_share=round(rate.rated / rate.invited, 4) if rate.invited else None,
        satisfied_share=round(rate.good / counted, 4) if counted else None,
    )
