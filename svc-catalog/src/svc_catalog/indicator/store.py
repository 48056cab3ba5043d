"""Counts of applications for the indicators, in one reading of the year's rows."""

from sqlalchemy import Column, ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.application.domain import Convenience, Status
from svc_catalog.application.store import application
from svc_catalog.delivery.domain import Method
from svc_catalog.enrolment.domain import EnrolmentStatus
from svc_catalog.enrolment.store import enrolment, enrolment_run
from svc_catalog.indicator.domain import Indicator, count, share, year_span

_c = application.c
DECIDED = (Status.APPROVED, Status.REFUSED, Status.DELIVERED)


async def application_indicators(session: AsyncSession, year: int, inhabitants: int) -> list[Indicator]:
    """Return the indicators of the applications handed in during a year, and of its pupils enrolled."""
    begin, end = year_span(year)
    decided = and_(_c.status.in_(DECIDED), _c.decided_at.is_not(None))
    on_time = and_(decided, or_(_c.due_at.is_(None), _c.decided_at <= _c.due_at))
    accepted = _c.accepted_at.is_not(None)
    wanted = {
        "all": func.count(),
        "instant": _some(_c.is_instant),
        "unified": _some(and_(accepted, _c.is_unified)),
        "accepted": _some(accepted),
        "decided": _some(decided),
        "on_time": _some(on_time),
        "yellow": _some(_c.warned_at.is_not(None)),
        "red": _some(_c.overdue_at.is_not(None)),
        "deemed": _some(_c.is_deemed_accepted),
        "online": _some(_c.submitted_by.is_(None)),
        "bundles": _some(_c.is_bundle),
        "cross": _some(or_(_c.partner_city.is_not(None), _c.channel == "exchange")),
        "post": _some(_c.delivery_method == Method.POST),
        **{kind.value: _some(_c.conveniences.contains([kind.value])) for kind in Convenience},
    }
    row = (
        await session.execute(
            select(*(value.label(name) for name, value in wanted.items())).where(
                _c.submitted_at >= begin, _c.submitted_at < end
            )
        )
    ).one()
    n: dict[str, int] = dict(row._mapping)  # SQLAlchemy's public view of a row as a mapping
    pupils, schools = await _pupils(session, year)
    return [
        Indicator(
            "applications_per_inhabitant",
            "人均办件量",
            n["all"] / inhabitants,
            "per_inhabitant",
            n["all"],
            inhabitants,
        ),
        share("instant_applications_share", "即办件办件占比", n["instant"], n["all"]),
        share("unified_acceptance_applications_share", "统一受理办件占比", n["unified"], n["accepted"]),
        share("online_applications_share", "网上自助办件占比", n["online"], n["all"]),
        share("on_time_share", "按时办结率", n["on_time"], n["decided"]),
        count("yellow_cards", "黄牌办件", n["yellow"]),
        count("red_cards", "红牌办件", n["red"]),
        count("deemed_accepted", "逾期未告知视为受理", n["deemed"]),
        count("bundle_applications", "一件事办件", n["bundles"]),
        count("cross_province_applications", "跨省通办办件", n["cross"]),
        count("green_channel_services", "绿色通道服务", n[Convenience.GREEN_CHANNEL]),
        count("home_visits", "上门服务", n[Convenience.HOME_VISIT]),
        count("extended_hours_services", "延时服务", n[Convenience.EXTENDED_HOURS]),
        count("free_copies", "免费复印", n[Convenience.FREE_COPIES]),
        count("post_deliveries", "邮寄送达", n["post"]),
        count("pupils_enrolled", "小学新生零材料入学", pupils),
        count("pupil_schools", "零材料入学学校", schools),
    ]


async def _pupils(session: AsyncSession, year: int) -> tuple[int, int]:
    row = await session.execute(
        select(func.count(), func.count(enrolment.c.school.distinct()))
        .select_from(enrolment.join(enrolment_run))
        .where(enrolment_run.c.year == year, enrolment.c.status == EnrolmentStatus.ENROLLED)
    )
    pupils, schools = row.one()
    return pupils, schools


def _some(condition: ColumnElement[bool] | Column[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)
