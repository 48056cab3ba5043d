"""The demo city's divisions, departments and service points."""

from city_tables import Record, credit_code, full_name, item_groups, lines

GROUPS = [
    ("engineering", "工程建设", "4+1+X"),
    ("business", "商事登记", "4+1+X"),
    ("real_estate", "不动产登记", "4+1+X"),
    ("social", "社会事务", "4+1+X"),
    ("comprehensive", "无差别综合", "4+1+X"),
    ("tax", "税务", "X"),
    ("traffic", "交管", "X"),
    ("medical", "医保", "X"),
    ("fund", "公积金", "X"),
]
OFFICE_HOURS = [["09:00", "12:00"], ["13:30", "17:00"]]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def divisions() -> list[Record]:
    """Return the city, its counties and zones, their streets and towns; zones have local codes."""
    found = [_division("410400000000", "平顶山市", "city", None)]
    for line in lines("divisions.txt"):
        head, _, towns = line.partition(":")
        code, name, level = head.split()
        found.append(_division(f"{code}000000", name, level, "410400000000"))
        for number, town in enumerate(towns.split(), 1):
            # Streets are counted from 001, towns and townships from 101, as in GB/T 2260's longer form.
            local = number if town.endswith("街道") else 100 + number
            found.append(_division(f"{code}{local:03d}000", town, "town", f"{code}000000"))
    return sorted(found, key=lambda record: record["code"])


def _division(code: str, name: str, level: str, parent: str | None) -> Record:
    return {
        "code": code,
        "name": name,
        "level": level,
        "parent": parent,
        "local_code": code.startswith(("410491", "410492")),
    }


def departments() -> list[Record]:
    """Return the departments in the order of the item tables."""
    return [
        {
            "code": credit_code(number),
            "name": full_name(head[0]),
            "short_name": head[1],
            "division": "410400000000",
        }
        for number, (head, _) in enumerate(item_groups(), 1)
    ]


def service_points() -> list[Record]:
    """Return halls, centres, outlets, the 24 h hall, and a terminal in each hall."""
    found = []
    for line in lines("points.txt"):
        kind, code, name, division, longitude, latitude, address = line.split()
        found.append(_point(kind, code, name, division, float(longitude), float(latitude), address))
    halls = [point for point in found if point["kind"] in {"city_hall", "county_hall", "self_service"}]
    for number, hall in enumerate(halls, 1):
        terminal = _point(
            "kiosk",
            f"K{number:03d}",
            f"{hall['name']}自助终端",
            hall["division"][:6],
            hall["longitude"],
            hall["latitude"],
            hall["address"],
        )
        found.append(terminal)
    return sorted(found, key=lambda point: str(point["code"]))


def _point(
    kind: str, code: str, name: str, division: str, longitude: float, latitude: float, address: str
) -> Record:
    hours: Record = {day: OFFICE_HOURS for day in WEEKDAYS}
    if kind == "city_hall":
        hours["sat"] = [["09:00", "12:00"]]
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "division": f"{division}000000",
        "address": f"平顶山市{address}",
        "longitude": longitude,
        "latitude": latitude,
        "always_open": kind == "self_service",
        "hours": hours,
        "groups": _groups(kind),
        "bank": ("psbc-demo" if "邮政储蓄" in name else "other") if kind == "bank_outlet" else None,
    }


def _groups(kind: str) -> list[Record]:
    wanted, capacity = {
        "city_hall": ([code for code, _, _ in GROUPS], 12),
        "county_hall": ([code for code, _, _ in GROUPS], 6),
        "township_centre": (["social", "medical", "comprehensive"], 2),
        "bank_outlet": (["social", "medical", "fund", "tax", "business"], 2),
        "self_service": (["comprehensive"], 10),
    }.get(kind, ([], 0))
    found, window = [], 1
    for code in wanted:
        count = 2 if capacity >= 6 else 1
        found.append(
            {
                "code": code,
                "capacity": capacity,
                "windows": [f"{number}号窗口" for number in range(window, window + count)],
            }
        )
        window += count
    return found


def booking_rules() -> list[Record]:
    """Return the city's booking rules: one layer for all, one for the busy city hall."""
    return [
        {"city": "410400000000", "values": {"days_ahead": 1, "per_day": 2, "largest_party": 5}},
        {
            "city": "410400000000",
            "point_kind": "city_hall",
            # A tenth of each slot is kept for the elderly and disabled until two hours before.
            "values": {"green_share": 0.1, "release_before": 7200},
        },
    ]
