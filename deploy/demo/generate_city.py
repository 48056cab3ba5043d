"""Writes the demo city's data files from the tables in `city_source`: `python generate_city.py [folder]`.

The names are real kinds of divisions, departments, halls and services; codes, days and materials are made so
that the shares of the city's report come out. The same tables give the same bytes.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lib_kernel import credit_code_check

SOURCE = Path(__file__).parent / "city_source"
Record = dict[str, Any]

# Shares of the city's 2021 report, as counts of 425 items.
ITEMS, HIGH_FREQUENCY, CROSS_PROVINCE = 425, 362, 75
AT_MOST_ONE_VISIT, NO_VISIT, INSTANT, UNIFIED = 421, 408, 242, 338
BANK_WINDOW, BANK_SELF_SERVICE, AT_24H_HALL = 30, 73, 110
TIME_SAVED = 0.8785
KUNSHAN = "320583"
JOURNEY_ITEM, JOURNEY_POINT = "食品经营许可（新办）", "410422-HALL"
ALWAYS_AT_24H_HALL = ("失业金补助申报", "二手房网签合同备案", "房屋维修基金征缴")
BANK_DEPARTMENTS = ("人社", "医保", "公积金", "税务", "自然资源", "市场监管", "公安", "住建", "交警", "民政")

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
WEEKEND_GROUPS = ("social", "medical", "real_estate", "tax", "fund")
KINDS = (
    (
        "行政给付",
        "05",
        ("补贴", "补助", "救助", "津贴", "抚恤金", "奖励金", "扶助", "待遇申领", "报销", "帮扶"),
    ),
    ("行政许可", "01", ("许可", "审批", "核准", "执业", "注册", "审查", "核发", "落户", "护照", "通行证")),
    ("行政确认", "07", ("登记", "认定", "鉴定", "居民身份证", "居住证", "残疾人证", "教师资格")),
    ("行政奖励", "08", ("独生子女",)),
    ("其他行政权力", "10", ("备案", "年审", "审验", "复议", "复评")),
)
STATUTORY = {
    "行政许可": 20,
    "行政确认": 15,
    "行政给付": 30,
    "行政奖励": 20,
    "其他行政权力": 15,
    "公共服务": 10,
}
LIGHT = (
    "查询",
    "打印",
    "证明",
    "缴纳",
    "挂失",
    "激活",
    "下载",
    "申报",
    "领用",
    "代开",
    "补换",
    "换领",
    "备案",
)


def rank(*parts: str) -> int:
    """Return a number that scatters names evenly and is the same on every machine."""
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:6], "big")


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a source table without comments."""
    for line in (SOURCE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


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


def full_name(name: str) -> str:
    """Return a department's name with the city's in front where it belongs."""
    return f"平顶山{name}" if name.startswith("市") else name


def credit_code(number: int) -> str:
    """Return a well-formed credit code of a made-up public body."""
    body = f"005184{number:02d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    first = f"11410400{body}" + {10: "X", 11: "0"}.get(check, str(check))
    return first + credit_code_check(first)


def item_groups() -> list[tuple[list[str], list[str]]]:
    """Return each department's head (name, short name, group, audience, law) with its items' names."""
    groups: list[tuple[list[str], list[str]]] = []
    for name in ("items_1.txt", "items_2.txt", "items_3.txt"):
        for line in lines(name):
            if line.startswith("@"):
                groups.append(([part.strip() for part in line[1:].split("|")], []))
            else:
                groups[-1][1].extend(line.split())
    return groups


def items() -> list[Record]:
    """Return all items with everything that follows from name and department, shares included."""
    found = []
    for line, (head, names) in enumerate(item_groups(), 1):
        for number, name in enumerate(names, 1):
            found.append(_item(line, number, name, head))
    _share(found, lambda item: item.update(case_type="instant"), INSTANT, _lightness)
    _share(found, lambda item: item.update(visits=1), ITEMS - NO_VISIT, _heaviness)
    _share(found, lambda item: item.update(visits=2), ITEMS - AT_MOST_ONE_VISIT, _heaviness)
    _share(found, lambda item: item.update(unified_acceptance=True), UNIFIED, _key("unified"))
    _share(found, lambda item: item.update(high_frequency=True), HIGH_FREQUENCY, _frequency)
    _share(found, lambda item: item.update(cross_province=[KUNSHAN]), CROSS_PROVINCE, _portability)
    at_bank = [item for item in found if item["short"] in BANK_DEPARTMENTS]
    _share(at_bank, lambda item: item["channels"].append("bank_window"), BANK_WINDOW, _key("window"))
    _share(at_bank, lambda item: item["channels"].append("bank_self_service"), BANK_SELF_SERVICE, _lightness)
    _share(found, lambda item: item["channels"].append("kiosk"), AT_24H_HALL, _at_24h_hall)
    _promise(found)
    for item in found:
        del item["short"]
    return sorted(found, key=lambda item: str(item["code"]))


def _share(
    chosen: list[Record], mark: Callable[[Record], Any], count: int, key: Callable[[Record], Any]
) -> None:
    for item in sorted(chosen, key=key)[:count]:
        mark(item)


def _key(salt: str) -> Callable[[Record], Any]:
    return lambda item: rank(salt, item["name"])


def _is_journey(item: Record) -> bool:
    return bool(item["name"] == JOURNEY_ITEM)


def _lightness(item: Record) -> Any:
    return (_is_journey(item), not any(word in item["name"] for word in LIGHT), rank("light", item["name"]))


def _heaviness(item: Record) -> Any:
    hard = any(word in item["name"] for word in ("婚登记", "收养", "鉴定", "驾驶资格", "采矿", "矿山"))
    return (_is_journey(item), not hard, item["case_type"] == "instant", rank("heavy", item["name"]))


def _frequency(item: Record) -> Any:
    return (not _is_journey(item), item["kind"] == "其他行政权力", rank("frequency", item["name"]))


def _portability(item: Record) -> Any:
    portable = any(word in item["name"] for word in ("查询", "证明", "转移", "登记", "打印", "换领"))
    return (not portable, rank("cross", item["name"]))


def _at_24h_hall(item: Record) -> Any:
    return (item["name"] not in ALWAYS_AT_24H_HALL, _lightness(item))


def _promise(found: list[Record]) -> None:
    """Give each promised item days, so that the time saved over all items is the report's."""
    promised = [item for item in found if item["case_type"] == "promised"]
    target = round(sum(item["statutory_days"] for item in found) * (1 - TIME_SAVED))
    for item in promised:
        item["promised_days"] = 1
    left = target - len(promised)
    order = sorted(promised, key=lambda item: (_is_journey(item), rank("days", item["name"])))
    while left > 0:
        for item in order:
            if left > 0 and item["promised_days"] < item["statutory_days"] // 2:
                item["promised_days"] += 1
                left -= 1


def _item(line: int, number: int, name: str, head: list[str]) -> Record:
    _, short, group, audience, law = head
    kind, kind_code = _kind(name)
    code = f"41{kind_code}{line:02d}{number:03d}000"
    owner = credit_code(line)
    ends = any(word in name for word in ("注销", "停业", "查询"))
    results = (code for code, _, words in _results() if not ends and any(word in name for word in words))
    result = next(results, None)
    return {
        "code": code,
        "implementation_code": f"{owner}3{code}",
        "name": name,
        "kind": kind,
        "department": owner,
        "window_group": group,
        "audience": audience.split(","),
        "case_type": "promised",
        "statutory_days": STATUTORY[kind],
        "promised_days": 0,
        "visits": 0,
        "channels": ["pc", "mobile"],
        "unified_acceptance": False,
        "high_frequency": False,
        "cross_province": [],
        "materials": _materials(name, audience),
        "result_license_type": result,
        "fee": "不收费",
        "legal_basis": f"《{law}》",
        "conditions": _conditions(kind),
        "keywords": [short, name[:4]],
        "form": _form(result, name),
        "short": short,
    }


def _kind(name: str) -> tuple[str, str]:
    if any(word in name for word in ("查询", "打印", "缴纳", "咨询")):
        return "公共服务", "20"
    return next(
        ((kind, code) for kind, code, words in KINDS if any(word in name for word in words)),
        ("公共服务", "20"),
    )


def _conditions(kind: str) -> str:
    return {
        "行政许可": "符合法律法规规定的条件，材料真实、齐全、符合法定形式",
        "行政给付": "属于政策规定的保障对象，且未重复享受同类待遇",
        "行政确认": "权属清楚、事实明确，申请人身份与材料一致",
    }.get(kind, "申请人身份真实，按要求填写申请信息")


def _materials(name: str, audience: str) -> list[Record]:
    found = [_material("申请表", "form")]
    if audience.startswith("person"):
        found.append(_material("居民身份证", "original"))
    if "enterprise" in audience and "设立" not in name and "营业执照" not in name:
        found.append(_material("营业执照", "copy", satisfied_by="营业执照"))
    extra = (
        (("食品经营许可", "食品生产许可"), "经营场所平面布局图与设备设施说明"),
        (("食品经营许可", "食品生产许可"), "食品安全管理制度文本"),
        (("不动产", "房"), "不动产权属证明材料"),
        (("机动车", "驾驶"), "机动车行驶证或驾驶证"),
        (("补贴", "补助", "救助", "津贴"), "银行账户信息"),
        (("医", "报销"), "医疗费用票据"),
        (("建设", "施工", "规划"), "项目批准文件"),
        (("登记",), "登记事项证明材料"),
    )
    found += [_material(title, "copy") for words, title in extra if any(word in name for word in words)]
    return found


def _material(name: str, kind: str, satisfied_by: str | None = None) -> Record:
    code = next((code for code, title, _ in _results() if title == satisfied_by), None)
    return {"name": name, "kind": kind, "required": code is None, "satisfied_by": code}


def _results() -> list[tuple[str, str, list[str]]]:
    """Return licence types as (code, name, words of the items that give one)."""
    return [(record["code"], record["name"], record["words"]) for record in _license_table()]


def _license_table() -> list[Record]:
    numbers = {full_name(head[0]): number for number, (head, _) in enumerate(item_groups(), 1)}
    found = []
    for place, line in enumerate(lines("license_types.txt"), 1):
        name, owner, years, words, fields = (part.strip() for part in line.split("|"))
        issuer = credit_code(numbers[full_name(owner)])
        found.append(
            {
                "code": f"{issuer}{place:03d}",
                "name": name,
                "issuer": issuer,
                "years": None if years == "-" else int(years),
                "words": words.split(),
                "fields": [tuple(pair.split()) for pair in fields.split(", ")],
            }
        )
    return found


def _form(result: str | None, name: str) -> Record:
    fields = next((record["fields"] for record in _license_table() if record["code"] == result), None)
    pairs = fields or [("reason", "申请事由")]
    return {
        "type": "object",
        "title": f"{name}申请表",
        "properties": {
            key: {"type": "string", "title": title, "minLength": 1, "maxLength": 120} for key, title in pairs
        },
        "required": [key for key, _ in pairs],
        "additionalProperties": False,
    }


def license_types() -> list[Record]:
    """Return the licence types."""
    return [
        {
            "code": record["code"],
            "name": record["name"],
            "issuer_department": record["issuer"],
            "holder_kind": "person" if record["fields"][0][0] == "holder" else "enterprise",
            "validity_years": record["years"],
            "fields": [{"name": key, "title": title} for key, title in record["fields"]],
        }
        for record in _license_table()
    ]


def seals() -> list[Record]:
    """Return one unit seal for each department that issues licences."""
    names = {record["code"]: record["name"] for record in departments()}
    issuers = sorted({record["issuer"] for record in _license_table()})
    return [
        {
            "code": f"4104000{place:06d}",
            "name": names[issuer],
            "department": issuer,
            "kind": "unit",
            "created_by": "s_keeper",
            "approved_by": "s_seal_supervisor",
        }
        for place, issuer in enumerate(issuers, 1)
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
        "items": all_items,
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
