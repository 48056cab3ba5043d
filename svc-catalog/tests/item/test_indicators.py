"""The indicators of items against a slow, simple recount."""

import json
from typing import Any

from lib_db import Sessions
from svc_catalog.item.indicators import item_indicators
from svc_catalog.item.store import all_items


def recounted(items: list[dict[str, Any]]) -> dict[str, float]:
    """Count one item after the other."""
    found = dict.fromkeys(
        ("one", "none", "instant", "unified", "frequent", "cross", "window", "self", "kiosk"), 0
    )
    statutory = promised = 0
    for item in items:
        found["one"] += item["visits"] in (0, 1)
        found["none"] += item["visits"] == 0
        found["instant"] += item["case_type"] == "instant"
        found["unified"] += item["unified_acceptance"]
        found["frequent"] += item["high_frequency"]
        found["cross"] += bool(item["cross_province"])
        found["window"] += "bank_window" in item["channels"]
        found["self"] += "bank_self_service" in item["channels"]
        found["kiosk"] += "kiosk" in item["channels"]
        statutory, promised = statutory + item["statutory_days"], promised + item["promised_days"]
    count = len(items)
    return {
        "one_visit_share": round(found["one"] / count, 6),
        "no_visit_share": round(found["none"] / count, 6),
        "instant_share": round(found["instant"] / count, 6),
        "time_saved_share": round(1 - promised / statutory, 6),
        "unified_acceptance_share": round(found["unified"] / count, 6),
        "items": count,
        "high_frequency_items": found["frequent"],
        "cross_province_items": found["cross"],
        "bank_window_items": found["window"],
        "bank_self_service_items": found["self"],
        "kiosk_items": found["kiosk"],
    }


async def test_indicators_are_what_a_recount_gives_and_what_the_city_reported(whole_city: Sessions) -> None:
    async with whole_city() as session:
        found = {row["code"]: row["value"] for row in await item_indicators(session)}
        items = [row.data for row in await all_items(session)]
    assert found == recounted(items)
    assert round(found["one_visit_share"], 2) == 0.99
    assert round(found["no_visit_share"], 3) == 0.96
    assert round(found["instant_share"], 3) == 0.569
    assert abs(found["time_saved_share"] - 0.8785) < 0.0006
    assert round(found["unified_acceptance_share"], 3) == 0.795
    assert (found["high_frequency_items"], found["cross_province_items"]) == (362, 75)
    assert (found["bank_window_items"], found["bank_self_service_items"]) == (30, 73)
    json.dumps(found)


async def test_a_city_without_items_has_no_shares(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(all_items_away())
        found = await item_indicators(session)
    assert {row["value"] for row in found} == {0}


def all_items_away() -> Any:
    from svc_catalog.item.store import item

    return item.update().values(is_published=False)
