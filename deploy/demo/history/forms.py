"""What people wrote into forms: fits the form's schema, and the licence that comes out of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from history.people import Person

from lib_kernel import CITY_ZONE, credit_code_check

SHOPS = ("面馆", "超市", "药房", "五金店", "服装店", "烩面馆", "汽修店", "花店", "书店", "母婴店")
STREETS = ("建设路", "矿工路", "开源路", "中兴路", "和平路", "长安大道", "湛南路", "昆阳大道")
TEXTS = {
    "reason": "本人办理，情况属实",
    "project": "平顶山市城区道路改造工程",
    "scope": "以许可为准",
    "business_form": "餐饮服务经营者",
    "business_items": "热食类食品制售",
    "product": "糕点",
    "workplace": "平顶山市第一人民医院",
    "organisation": "平顶山市启明学校",
    "subject": "高级中学语文",
    "category": "肢体三级",
    "sex": "女",
    "device": "电梯",
    "vehicle_type": "重型厢式货车",
    "area": "118.6 平方米",
}
ADDRESSES = frozenset({"premises", "site", "location", "address", "household_address", "residence_address"})
PERSONS = frozenset({"holder", "legal_representative", "mother", "child_name"})


def fill(form: Mapping[str, Any], who: Person, at: datetime, dice: Random) -> dict[str, Any]:
    """Return a form filled in."""
    found = {name: _value(name, about, who, at, dice) for name, about in form.get("properties", {}).items()}
    return dict(found)


def _value(name: str, about: Mapping[str, Any], who: Person, at: datetime, dice: Random) -> Any:
    if "enum" in about:
        return dice.choice(about["enum"])
    if about.get("type") in {"number", "integer"}:
        return dice.randint(max(1, int(about.get("minimum", 1))), min(800, int(about.get("maximum", 800))))
    day = at.astimezone(CITY_ZONE).date()
    if name == "project_code":
        return f"{day:%y%m}-410402-04-01-{dice.randrange(10**6):06d}"
    if name == "credit_code":
        first = f"92{who.division}MA{dice.randrange(10**7):07d}"
        return first + credit_code_check(first)
    if name in {"child_id_number", "id_number"}:
        return who.number
    if name == "plate":
        return f"豫D{dice.randrange(10**5):05d}"
    if name == "valid_until":
        return (day + timedelta(days=365)).isoformat()
    if name == "born_at":
        return f"{day - timedelta(days=30)} 08:20"
    if name in ADDRESSES:
        return f"平顶山市{dice.choice(STREETS)}{dice.randint(1, 180)}号"
    if name in PERSONS:
        return who.name
    if name in {"operator_name", "owner"}:
        return f"{who.name[0]}记{dice.choice(SHOPS)}"
    return TEXTS.get(name, "以申请材料为准")
