"""Counts the indicators of a year."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import CITY_ZONE
from svc_complaint.area.domain import State
from svc_complaint.area.store import P
from svc_complaint.complaint_case.domain import Outcome
from svc_complaint.complaint_case.store import C, complaint_case
from svc_complaint.indicator.domain import Indicator, count, share
from svc_complaint.kind import store as kinds
from svc_complaint.rating.domain import COUNTED, WORST_GOOD_LEVEL, Status
from svc_complaint.rating.store import R, rating


async def of_year(session: AsyncSession, year: int) -> Sequence[Indicator]:
    """Return the year's indicators.

    A case counts in the year it was closed in, a rating in the year of its invitation, and a bad one in
    the year it was given in.
    """
    begin, end = datetime(year, 1, 1, tzinfo=CITY_ZONE), datetime(year + 1, 1, 1, tzinfo=CITY_ZONE)
    known = await kinds.newest(session)
    service = [kind.code for kind in known if kind.service_matter]
    difficult = [kind.code for kind in known if kind.difficult]
    solved = [Outcome.SOLVED, Outcome.UNANSWERED]
    on_time = func.coalesce(C.resolved_at, C.closed_at) <= C.due_at
    cases = (
        await session.execute(
            select(
                func.count().label("solved"),
                func.count().filter(C.kind.in_(service)).label("service"),
                func.count().filter(C.kind.in_(difficult)).label("difficult"),
                func.count().filter(on_time).label("on_time"),
            ).where(C.closed_at >= begin, C.closed_at < end, C.outcome.in_(solved))
        )
    ).one()
    counted = R.status.in_(sorted(COUNTED))
    ratings = (
        await session.execute(
            select(
                func.count().label("invited"),
                func.count(R.submitted_at).label("rated"),
                func.count().filter(counted).label("counted"),
                func.count().filter(counted & (R.level >= WORST_GOOD_LEVEL)).label("good"),
            )
            .select_from(rating)
            .where(R.invited_at >= begin, R.invited_at < end)
        )
    ).one()
    bad = (
        await session.execute(
            select(func.count().label("all"), func.count(C.called_back_at).label("called"))
            .select_from(complaint_case)
            .join(rating, R.case_id == C.id)
            .where(R.submitted_at >= begin, R.submitted_at < end, R.status != Status.SET_ASIDE)
        )
    ).one()
    persons = await session.scalar(
        select(func.count()).where(P.state == State.REPORTED, P.reported_at >= begin, P.reported_at < end)
    )
    return [
        count("complaints_solved", "有诉即应办结件", cases.solved),
        count("complaints_solved_service", "其中：服务事项", cases.service),
        count("complaints_solved_difficult", "其中：疑难问题", cases.difficult),
        share("complaints_on_time", "诉求按期办结率", cases.on_time, cases.solved),
        share("active_rating_share", "好差评主动评价率", ratings.rated, ratings.invited),
        share("satisfied_share", "好差评好评率", ratings.good, ratings.counted),
        share("bad_ratings_called_back", "差评回访率", bad.called, bad.all),
        count("area_persons_reported", "区域协查上报人数", persons or 0),
    ]
