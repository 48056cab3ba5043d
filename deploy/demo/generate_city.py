"""Writes the demo city's data files from the tables in `city_source`: `python generate_city.py [folder]`.

The names are real kinds of divisions, departments, halls and services; codes, days and materials are made so
that the shares of the city's report come out. The same tables give the same bytes.
"""

import json
import sys
from pathlib import Path
from typing import Any

from city_bundles import bundles
from city_elements import synonyms
from city_items import (
    AT_24H_HALL,
    AT_MOST_ONE_VISIT,
    BANK_SELF_SERVICE,
    BANK_WINDOW,
    CROSS_PROVINCE,
    HIGH_FREQUENCY,
    INSTANT,
    ITEMS,
    JOURNEY_ITEM,
    JOURNEY_POINT,
    NO_VISIT,
    TIME_SAVED,
    UNIFIED,
    items,
)
from city_licences import legal_grounds, license_types, seals
from city_places import GROUPS, departments, divisions, service_points


def check(city: dict[str, Any]) -> None:
    """Raise ValueError naming a count or share that is off."""
    found = city["items"]
    counts = {
        "items": (len(found), ITEMS),
        "names": (len({item["name"] for item in found}), ITEMS),
        "codes": (len({item["code"] for item in found}), ITEMS),
        "high frequency": (sum(item["high_frequency"] for item in found), HIGH_FREQUENCY),
        "at most one visit": (sum(item["visits"] <= 1 for item in found), AT_MOST_ONE_VISIT),
        "no visit": (sum(item["visits"] == 0 for item in found), NO_VISIT),
        "instant": (sum(item["case_type"] == "instant" for item in found), INSTANT),
        "unified": (sum(item["unified_acceptance"] for item in found), UNIFIED),
        "cross-province": (sum(bool(item["cross_province"]) for item in found), CROSS_PROVINCE),
        "bank windows": (sum("bank_window" in item["channels"] for item in found), BANK_WINDOW),
        "bank terminals": (sum("bank_self_service" in item["channels"] for item in found), BANK_SELF_SERVICE),
        "24 h hall": (sum("kiosk" in item["channels"] for item in found), AT_24H_HALL),
        "points": (len(city["service_points"]), 1 + 10 + 15 + 18 + 1 + 12),
    }
    wrong = [f"{name}: {got} instead of {wanted}" for name, (got, wanted) in counts.items() if got != wanted]
    saved = 1 - sum(i["promised_days"] for i in found) / sum(i["statutory_days"] for i in found)
    if abs(saved - TIME_SAVED) > 0.0005:
        wrong.append(f"time saved: {saved:.4f}")
    if wrong:
        raise ValueError("; ".join(wrong))


def build() -> dict[str, Any]:
    """Return all files by name. Raises ValueError when a share is off."""
    all_items = items()
    journey = next(item for item in all_items if item["name"] == JOURNEY_ITEM)
    city = {
        "divisions": divisions(),
        "departments": departments(),
        "window_groups": [{"code": code, "name": name, "kind": kind} for code, name, kind in GROUPS],
        "service_points": service_points(),
        "license_types": license_types(),
        "legal_grounds": legal_grounds(),
        "items": all_items,
        "bundles": bundles(all_items),
        "synonyms": synonyms(),
        "seals": seals(),
        "demo": {
            "journey_item": journey["code"],
            "journey_point": JOURNEY_POINT,
            "journey_group": journey["window_group"],
            "journey_license_type": journey["result_license_type"],
            "journey_department": journey["department"],
        },
    }
    check(city)
    return city


def main(folder: Path) -> None:
    """Write the files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in build().items():
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "city")
