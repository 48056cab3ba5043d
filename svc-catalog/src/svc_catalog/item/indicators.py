"""The figures of the city's yearly report that concern items, computed from the published items."""

from typing import Any

from sqlalchemy import Integer, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_catalog.item.store import item

Indicator = dict[str, Any]


async def item_indicators(session: AsyncSession) -> list[Indicator]:
    """Return the indicators of items in use: code, title, value, unit, numerator, denominator.

    Shares are of all items in use; the time saved is of all statutory against all promised working days.
    """

    def days(name: str) -> Any:
        return func.coalesce(func.sum(item.c.data[name].astext.cast(Integer)), 0)

    def counted(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    visits = item.c.data["visits"].astext.cast(Integer)
    row = (
        await session.execute(
            select(
                func.count().label("all"),
                counted(visits <= 1).label("one_visit"),
                counted(visits == 0).label("no_visit"),
                counted(item.c.data["case_type"].astext == "instant").label("instant"),
                counted(item.c.data["unified_acceptance"].as_boolean()).label("unified"),
                counted(item.c.is_high_frequency).label("frequent"),
                counted(func.jsonb_array_length(item.c.data["cross_province"]) > 0).label("cross"),
                counted(item.c.channels.contains(["bank_window"])).label("bank_window"),
                counted(item.c.channels.contains(["bank_self_service"])).label("bank_self_service"),
                counted(item.c.channels.contains(["kiosk"])).label("kiosk"),
                days("statutory_days").label("statutory"),
                days("promised_days").label("promised"),
            ).where(item.c.is_published)
        )
    ).one()
    return [
        _share("one_visit_share", "最多跑一次事项占比", row.one_visit, row.all),
        _share("no_visit_share", "不见面审批事项占比", row.no_visit, row.all),
        _share("instant_share", "即办件占比", row.instant, row.all),
        _share("time_saved_share", "承诺时限较法定时限压缩", row.statutory - row.promised, row.statutory),
        _share("unified_acceptance_share", "统一受理覆盖率", row.unified, row.all),
        _count("items", "政务服务事项", row.all),
        _count("high_frequency_items", "高频事项", row.frequent),
        _count("cross_province_items", "跨省通办事项", row.cross),
        _count("bank_window_items", "银行网点窗口可办事项", row.bank_window),
        _count("bank_self_service_items", "银行智能柜员机可办事项", row.bank_self_service),
        _count("kiosk_items", "24 小时自助可办事项", row.kiosk),
    ]


def _share(code: str, title: str, part: int, whole: int) -> Indicator:
    return {
        "code": code,
        "title": title,
        "value": round(part / whole, 6) if whole else 0.0,
        "unit": "share",
        "numerator": part,
        "denominator": whole,
    }


def _count(code: str, title: str, count: int) -> Indicator:
    return {
        "code": code,
        "title": title,
        "value": count,
        "unit": "count",
        "numerator": None,
        "denominator": None,
    }
