"""The elements of an implementation list entry (实施清单要素), declared once.

Names and code lists follow the column lists of live systems; `exchange` is the usual field name when a list
is exchanged with the province, `numbers` the number of a code there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Record = Mapping[str, Any]


class Kind(StrEnum):
    """What sort of value an element has."""

    TEXT = "text"
    TEXTS = "texts"
    COUNT = "count"
    FLAG = "flag"
    CODE = "code"
    CODES = "codes"
    ROWS = "rows"
    FORM = "form"


@dataclass(frozen=True)
class Element:
    """One element. `choices`: codes with their Chinese; `parts`: columns of a table or members of a group.

    `key` is the part that tells rows apart. A required element must be there and not empty; `may_be_empty`
    only has to be there.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    required: bool = True
    may_be_empty: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    parts: tuple["Element", ...] = ()
    key: str = ""
    exchange: str = ""
    section: str = ""


def _code(name: str, label: str, choices: dict[str, str], exchange: str = "", **more: Any) -> Element:
    numbers = {code: number for number, code in enumerate(choices, 1)}
    kind = more.pop("kind", Kind.CODE)
    return Element(name, label, kind, choices=choices, numbers=numbers, exchange=exchange, **more)


ITEM_KINDS = {
    "行政许可": "01",
    "行政给付": "05",
    "行政确认": "07",
    "行政奖励": "08",
    "行政裁决": "09",
    "其他行政权力": "10",
    "公共服务": "20",
}
LEVELS = {
    "national": "国家级",
    "province": "省级",
    "city": "市级",
    "county": "县级",
    "town": "镇（乡、街道）级",
}
POWER_SOURCES = {
    "statutory": "法定本级行使",
    "handed_down": "上级下放",
    "authorised_above": "上级授权",
    "authorised_same": "同级授权",
    "entrusted_above": "上级委托",
    "entrusted_same": "同级委托",
}
BODY_KINDS = {"statutory": "法定机关", "authorised": "授权组织", "entrusted": "受委托组织"}
SERVED = {
    "person": "自然人",
    "enterprise": "企业法人",
    "institution": "事业法人",
    "organisation": "社会组织法人",
    "unincorporated": "非法人企业",
    "organ": "行政机关",
    "other": "其他组织",
}
AUDIENCE = {"person": "个人", "enterprise": "企业"}
CASE_TYPES = {"instant": "即办件", "promised": "承诺件"}
DAY_UNITS = {"working_day": "工作日", "calendar_day": "自然日"}
HANDLING_WAYS = {"window": "窗口办理", "online": "网上办理", "post": "快递申请"}
HANDLED_IN = {
    "nationwide": "全国通办",
    "province": "全省通办",
    "city": "全市通办",
    "county": "全县通办",
    "town": "全镇通办",
    "across_villages": "跨村通办",
}
CHANNELS = {
    "pc": "网上办事大厅",
    "mobile": "手机（豫事办）",
    "kiosk": "自助终端",
    "bank_window": "银行网点窗口",
    "bank_self_service": "银行智能柜员机",
}
WINDOW_GROUPS = {
    "engineering": "工程建设",
    "business": "商事登记",
    "real_estate": "不动产登记",
    "social": "社会事务",
    "comprehensive": "无差别综合",
    "tax": "税务",
    "traffic": "交管",
    "medical": "医保",
    "fund": "公积金",
}
MATERIAL_KINDS = {"form": "表格", "original": "原件", "copy": "复印件", "electronic": "电子件"}
MATERIAL_SOURCES = {"applicant": "申请人自备", "government": "政府部门核发", "other": "第三方机构出具"}
RESULT_KINDS = {"licence": "证照", "document": "批文", "other": "其他", "none": "无"}

_BASIC, _TIME, _WAY, _BASIS, _CONTENT = "基本信息", "办理时限", "办理方式", "依据与收费", "办理内容"

ELEMENTS: tuple[Element, ...] = (
    Element("name", "事项名称", exchange="taskName", section=_BASIC),
    Element("code", "基本编码", exchange="catalogCode", section=_BASIC),
    Element("implementation_code", "实施编码", exchange="taskCode", section=_BASIC),
    Element("business_code", "业务办理项编码", required=False, exchange="taskHandleItem", section=_BASIC),
    Element("local_code", "地方实施编码", required=False, exchange="localTaskCode", section=_BASIC),
    Element(
        "kind",
        "事项类型",
        Kind.CODE,
        choices={kind: kind for kind in ITEM_KINDS},
        numbers={kind: int(number) for kind, number in ITEM_KINDS.items()},
        exchange="taskType",
        section=_BASIC,
    ),
    Element("department", "实施主体编码", exchange="deptCode", section=_BASIC),
    Element("department_name", "实施主体", exchange="deptName", section=_BASIC),
    _code("body_kind", "实施主体性质", BODY_KINDS, "deptType", section=_BASIC),
    Element("entrusting_body", "委托部门", required=False, exchange="entrustName", section=_BASIC),
    _code("power_source", "权力来源", POWER_SOURCES, "powerSource", section=_BASIC),
    _code("levels", "行使层级", LEVELS, "useLevel", kind=Kind.CODES, section=_BASIC),
    _code("served", "服务对象", SERVED, "serverType", kind=Kind.CODES, section=_BASIC),
    _code("audience", "面向", AUDIENCE, kind=Kind.CODES, section=_BASIC),
    _code("case_type", "办件类型", CASE_TYPES, "projectType", section=_TIME),
    Element("statutory_days", "法定办结时限", Kind.COUNT, exchange="anticipateDay", section=_TIME),
    _code("statutory_unit", "法定时限单位", DAY_UNITS, "anticipateType", section=_TIME),
    Element("promised_days", "承诺办结时限", Kind.COUNT, exchange="promiseDay", section=_TIME),
    _code("promised_unit", "承诺时限单位", DAY_UNITS, "promiseType", section=_TIME),
    Element("days_explained", "时限说明", required=False, section=_TIME),
    Element(
        "special_procedures",
        "特别程序",
        Kind.ROWS,
        may_be_empty=True,
        key="name",
        exchange="specialProcedure",
        section=_TIME,
        parts=(
            Element("name", "特别程序"),
            Element("days", "时限", Kind.COUNT),
            Element("basis", "依据", required=False),
        ),
    ),
    Element("visits", "到办事现场次数", Kind.COUNT, exchange="limitSceneNum", section=_WAY),
    Element("visits_reason", "必须到现场的原因", required=False, section=_WAY),
    _code("handling_ways", "办理形式", HANDLING_WAYS, "handleType", kind=Kind.CODES, section=_WAY),
    _code("handled_in", "通办范围", HANDLED_IN, section=_WAY),
    _code("channels", "办理渠道", CHANNELS, kind=Kind.CODES, section=_WAY),
    _code(
        "single_sign_on",
        "单点登录",
        {"pc": "计算机端", "mobile": "移动端"},
        kind=Kind.CODES,
        may_be_empty=True,
        section=_WAY,
    ),
    _code("window_group", "业务窗口", WINDOW_GROUPS, section=_WAY),
    Element("unified_acceptance", "统一受理", Kind.FLAG, section=_WAY),
    Element("booking", "支持预约", Kind.FLAG, section=_WAY),
    Element("express", "支持物流快递", Kind.FLAG, section=_WAY),
    Element("online_payment", "支持网上支付", Kind.FLAG, section=_WAY),
    Element("high_frequency", "高频事项", Kind.FLAG, section=_WAY),
    Element("cross_province", "跨省通办城市", Kind.TEXTS, may_be_empty=True, section=_WAY),
    Element("place", "办理地点", exchange="transactAddr", section=_WAY),
    Element("hours", "办理时间", exchange="transactTime", section=_WAY),
    Element("enquiry", "咨询方式", exchange="linkWay", section=_WAY),
    Element("complaint", "监督投诉方式", exchange="superviseWay", section=_WAY),
    Element("legal_basis", "设定依据", exchange="byLaw", section=_BASIS),
    Element("is_charged", "是否收费", Kind.FLAG, exchange="isFee", section=_BASIS),
    Element("fee", "收费说明", section=_BASIS),
    Element(
        "fees",
        "收费项目",
        Kind.ROWS,
        may_be_empty=True,
        key="name",
        exchange="feeBasis",
        section=_BASIS,
        parts=(
            Element("name", "收费项目"),
            Element("standard", "收费标准"),
            Element("basis", "收费依据"),
            Element("reduction", "减免情形", required=False),
        ),
    ),
    Element("conditions", "受理条件", exchange="acceptCondition", section=_CONTENT),
    Element(
        "materials",
        "申请材料",
        Kind.ROWS,
        may_be_empty=True,
        key="name",
        section=_CONTENT,
        parts=(
            Element("name", "材料名称"),
            _code("kind", "材料形式", MATERIAL_KINDS),
            Element("required", "必要", Kind.FLAG),
            Element("copies", "份数", Kind.COUNT, required=False),
            _code("source", "来源", MATERIAL_SOURCES, required=False),
            Element("note", "填报须知", required=False),
            Element("satisfied_by", "可由电子证照替代", required=False),
        ),
    ),
    Element(
        "flow",
        "办理流程",
        Kind.ROWS,
        key="code",
        exchange="handleFlow",
        section=_CONTENT,
        parts=(
            Element("code", "环节编号"),
            Element("name", "环节"),
            Element("actor", "办理人"),
            Element("days", "时限", Kind.COUNT),
            Element("after", "前置环节", Kind.TEXTS, may_be_empty=True),
            Element("note", "办理内容", required=False),
        ),
    ),
    Element(
        "results",
        "办理结果",
        Kind.ROWS,
        key="name",
        section=_CONTENT,
        parts=(
            Element("name", "结果名称"),
            _code("kind", "结果类型", RESULT_KINDS),
            Element("license_type", "证照类型编码", required=False),
            Element("delivery", "送达方式", required=False),
        ),
    ),
    Element("result_license_type", "结果证照类型", required=False, section=_CONTENT),
    Element(
        "questions",
        "常见问题",
        Kind.ROWS,
        may_be_empty=True,
        key="question",
        section=_CONTENT,
        parts=(Element("question", "问题"), Element("answer", "解答")),
    ),
    Element("keywords", "检索词", Kind.TEXTS, may_be_empty=True, section=_CONTENT),
    Element("form", "申请表单", Kind.FORM, section=_CONTENT),
)
BY_NAME = {element.name: element for element in ELEMENTS}


def shown(element: Element, value: Any) -> str:
    """Return a value as people read it."""
    if value is None or value == [] or value == "":
        return "无"
    match element.kind:
        case Kind.FLAG:
            return "是" if value else "否"
        case Kind.CODE:
            return element.choices.get(value, str(value))
        case Kind.CODES:
            return "、".join(element.choices.get(code, str(code)) for code in value)
        case Kind.TEXTS:
            return "、".join(map(str, value))
        case Kind.ROWS:
            return "；".join(str(row.get(element.key, row)) for row in value)
        case _:
            return str(value)


def canonical(record: Record) -> dict[str, Any]:
    """Return the record with every optional element there, None or empty when it says nothing.

    Two records that say the same are equal then, whichever way they came in. Members that are no elements
    are kept, so that they can be named.
    """
    return _canonical(ELEMENTS, record)


def _canonical(elements: tuple[Element, ...], record: Record) -> dict[str, Any]:
    found = dict(record)
    for element in elements:
        value = found.get(element.name)
        if value in (None, "", []):
            if element.may_be_empty:
                found[element.name] = []
            elif not element.required:
                found[element.name] = None
        elif element.kind is Kind.ROWS and isinstance(value, list):
            found[element.name] = [
                _canonical(element.parts, row) if isinstance(row, dict) else row for row in value
            ]
    return found


def sections(record: Record) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the facts of a record as (section, [(label, value)]), ready to be drawn; tables are left out."""
    found: dict[str, list[tuple[str, str]]] = {}
    for element in ELEMENTS:
        value = record.get(element.name)
        if element.kind in (Kind.ROWS, Kind.FORM) or element.name in NOT_DRAWN or (value is None):
            continue
        found.setdefault(element.section, []).append((element.label, _with_unit(element, record, value)))
    return list(found.items())


NOT_DRAWN = {
    "name",
    "keywords",
    "audience",
    "department",
    "result_license_type",
    "statutory_unit",
    "promised_unit",
}


def _with_unit(element: Element, record: Record, value: Any) -> str:
    units = {"statutory_days": "statutory_unit", "promised_days": "promised_unit"}
    if element.name == "promised_days" and value == 0:
        return "当场办结"
    if element.name in units:
        return f"{value} 个{DAY_UNITS.get(record.get(units[element.name], ''), '工作日')}"
    if element.name == "visits":
        return "不见面审批（0 次）" if value == 0 else f"{value} 次"
    return shown(element, value)
