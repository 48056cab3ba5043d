"""The demo city's items, with the shares of the city's report."""

from collections.abc import Callable
from typing import Any

from city_elements import complete, form_fields
from city_licences import licence_table, results
from city_tables import Record, credit_code, full_name, item_groups, rank

ITEMS, HIGH_FREQUENCY, CROSS_PROVINCE = 425, 362, 75
AT_MOST_ONE_VISIT, NO_VISIT, INSTANT, UNIFIED = 421, 408, 242, 338
BANK_WINDOW, BANK_SELF_SERVICE, AT_24H_HALL = 30, 73, 110
TIME_SAVED = 0.8785
KUNSHAN = "320583"
JOURNEY_ITEM, JOURNEY_POINT = "食品经营许可（新办）", "410422-HALL"
ALWAYS_AT_24H_HALL = ("失业金补助申报", "二手房网签合同备案", "房屋维修基金征缴")
BANK_DEPARTMENTS = ("人社", "医保", "公积金", "税务", "自然资源", "市场监管", "公安", "住建", "交警", "民政")
KINDS = (
    (
        "行政给付",
        "05",
        ("补贴", "补助", "救助", "津贴", "抚恤金", "奖励金", "扶助", "待遇申领", "报销", "帮扶"),
    ),
    (
        "行政许可",
        "01",
        (
            "许可",
            "审批",
            "核准",
            "执业",
            "注册",
            "审查",
            "安全检查",
            "消防验收",
            "装置竣工验收",
            "核发",
            "落户",
            "护照",
            "通行证",
        ),
    ),
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
    heads = {credit_code(line): head for line, (head, _) in enumerate(item_groups(), 1)}
    types = {record["code"]: record["name"] for record in licence_table()}
    for item in found:
        del item["short"]
        complete(item, heads[item["department"]], types)
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
    _, short, group, audience, _ = head
    kind, kind_code = _kind(name)
    code = f"41{kind_code}{line:02d}{number:03d}000"
    owner = credit_code(line)
    ends = any(word in name for word in ("注销", "停业", "查询"))
    fitting = (code for code, _, words in results() if not ends and any(word in name for word in words))
    result = next(fitting, None)
    return {
        "code": code,
        "implementation_code": f"{owner}3{code}",
        "name": name,
        "kind": kind,
        "department": owner,
        "department_name": full_name(head[0]),
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
        "conditions": _conditions(kind),
        "keywords": [short],
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
        "行政确认": "申请事项事实清楚、证据充分，申请人身份与材料一致",
    }.get(kind, "申请人身份真实，按要求填写申请信息")


def _materials(name: str, audience: str) -> list[Record]:
    found = [_material("申请表", "form")]
    if "新生入学" in name:
        found += [_material("户口簿", "original"), _material("住所证明", "copy")]
        return found + ([_material("预防接种证", "original")] if "小学" in name else [])
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
        (("消防安全检查", "旅馆业特种行业", "公共场所卫生许可"), "场所平面布局图"),
        (("户外广告",), "广告设施设计图"),
        (("排水管网",), "排水设施平面图"),
        (("预防接种证补办",), "儿童出生医学证明"),
    )
    found += [_material(title, "copy") for words, title in extra if any(word in name for word in words)]
    if any(word in name for word in ON_PREMISES):
        found.append(_material("经营场所使用证明", "copy", satisfied_by="不动产权证书"))
    if "enterprise" in audience:
        found.append(_material("授权委托书", "original", required=False))
    return found


ON_PREMISES = (
    "营业执照办理",
    "企业设立登记",
    "食品经营许可（新办）",
    "小餐饮经营登记",
    "旅馆业特种行业",
    "公共场所卫生许可",
    "消防安全检查",
    "烟草专卖零售许可证新办",
)


def _material(name: str, kind: str, satisfied_by: str | None = None, *, required: bool = True) -> Record:
    code = next((code for code, title, _ in results() if title == satisfied_by), None)
    return {"name": name, "kind": kind, "required": required, "satisfied_by": code}


def _form(result: str | None, name: str) -> Record:
    licensed = next((record["fields"] for record in licence_table() if record["code"] == result), None)
    pairs = licensed or [("reason", "申请事由")]
    fields: dict[str, Record] = {
        key: {"type": "string", "title": title, "minLength": 1, "maxLength": 120} for key, title in pairs
    }
    if licensed is None and form_fields(name):
        fields = dict(form_fields(name))
    return {
        "type": "object",
        "title": f"{name}申请表",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
