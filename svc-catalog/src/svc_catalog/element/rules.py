"""What a record must keep to before it is published: every missing, ill-formed or contradictory element."""

import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lib_kernel import is_credit_code
from svc_catalog.element.domain import ELEMENTS, ITEM_KINDS, LEVELS, Element, Kind, Record

Error = dict[str, str]

LONGEST_TEXT = 5000
MOST_ROWS = 200
BASIC_CODE = re.compile(r"\d{12}")
IMPLEMENTATION_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}[1-5]\d{12}")
FIELD_TYPES = ("string", "integer", "number", "boolean", "array")
FIELD_RULES: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "title": str,
    "description": str,
    "format": str,
    "pattern": str,
    "enum": list,
    "items": dict,
    "minLength": int,
    "maxLength": int,
    "minItems": int,
    "maxItems": int,
    "minimum": (int, float),
    "maximum": (int, float),
    "default": object,
    "examples": list,
    "x-options": dict,
}
FORM_RULES = {"type", "title", "description", "properties", "required", "additionalProperties", "$schema"}


def check_item(record: Record, departments: Mapping[str, str]) -> list[Error]:
    """Return everything that is wrong with an item: `field` says where, `message` what, in Chinese.

    `departments` has the city's departments by code with their names.
    """
    errors = [*check_values(record)]
    wrong = {error["field"].split(".")[0] for error in errors}
    known = Known(record, wrong)
    for rule in RULES:
        errors += rule(known)
    if known.has("department", "department_name"):
        errors += _department(record, departments)
    return errors


def check_values(record: Record, *, complete: bool = True) -> Iterator[Error]:
    """Yield missing, unknown and ill-formed elements; a draft need not be `complete`."""
    names = {element.name for element in ELEMENTS}
    for name in sorted(set(record) - names):
        yield _error(name, "没有这个要素")
    for element in ELEMENTS:
        yield from _value(element, record, element.name, complete)


def _value(element: Element, record: Record, place: str, complete: bool) -> Iterator[Error]:
    value = record.get(element.name)
    empty = value is None or value == "" or (value == [] and not element.may_be_empty)
    if empty:
        if element.required and complete:
            yield _error(place, f"缺少{element.label}")
        elif isinstance(value, str | list) and not _is_shaped(element, value):
            yield _error(place, f"{element.label}格式不正确")
        return
    if not _is_shaped(element, value):
        yield _error(place, f"{element.label}格式不正确")
        return
    content: Any = value
    codes = {Kind.CODE: [content], Kind.CODES: content}.get(element.kind, [])
    if set(codes) - set(element.choices):
        yield _error(place, f"{element.label}不在代码表内：{'、'.join(element.choices)}")
    elif element.kind is Kind.ROWS:
        yield from _rows(element, content, place, complete)
    elif element.kind is Kind.FORM:
        yield from _form(content, place)


def _is_shaped(element: Element, value: Any) -> bool:
    match element.kind:
        case Kind.TEXT | Kind.CODE:
            return isinstance(value, str) and len(value) <= LONGEST_TEXT and value == value.strip()
        case Kind.COUNT:
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3650
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.TEXTS | Kind.CODES:
            return (
                isinstance(value, list)
                and len(value) <= MOST_ROWS
                and all(isinstance(text, str) and 0 < len(text) <= 200 for text in value)
                and len(set(value)) == len(value)
            )
        case Kind.ROWS:
            return (
                isinstance(value, list)
                and len(value) <= MOST_ROWS
                and all(isinstance(row, dict) for row in value)
            )
        case _:
            return isinstance(value, dict)


def _rows(element: Element, rows: list[Record], place: str, complete: bool) -> Iterator[Error]:
    seen: set[Any] = set()
    names = {part.name for part in element.parts}
    for number, row in enumerate(rows, 1):
        at = f"{place}.{number}"
        for name in sorted(set(row) - names):
            yield _error(f"{at}.{name}", f"{element.label}没有这一项")
        for part in element.parts:
            yield from _value(part, row, f"{at}.{part.name}", complete)
        key = row.get(element.key)
        if isinstance(key, str) and key in seen:
            yield _error(f"{at}.{element.key}", f"{element.label}中“{key}”重复")
        seen.add(key if isinstance(key, str) else None)


def _form(form: Record, place: str) -> Iterator[Error]:
    properties = form.get("properties")
    if form.get("type") != "object" or not isinstance(properties, dict):
        yield _error(place, "申请表单应为 type=object 且有 properties")
        return
    for name in sorted(set(form) - FORM_RULES):
        yield _error(f"{place}.{name}", "申请表单不支持这个关键字")
    required = form.get("required", [])
    if not isinstance(required, list) or not set(required) <= set(properties):
        yield _error(f"{place}.required", "必填字段须是表单中的字段")
    for name, field in properties.items():
        yield from _field(field, f"{place}.{name}")


def _field(field: Any, place: str) -> Iterator[Error]:
    if not isinstance(field, dict) or field.get("type") not in FIELD_TYPES or not field.get("title"):
        yield _error(place, f"字段须有 title，且 type 为 {'、'.join(FIELD_TYPES)} 之一")
        return
    for rule, value in field.items():
        allowed = FIELD_RULES.get(rule)
        if allowed is None:
            yield _error(f"{place}.{rule}", "字段不支持这个规则")
        elif not isinstance(value, allowed) or (isinstance(value, bool) and allowed is not object):
            yield _error(f"{place}.{rule}", "规则的值类型不正确")
    if isinstance(field.get("pattern"), str):
        try:
            re.compile(field["pattern"])
        except re.error:
            yield _error(f"{place}.pattern", "不是正确的正则表达式")


class Known:
    """A record whose ill-formed elements are left out, so that rules judge only what can be judged."""

    def __init__(self, record: Record, wrong: set[str]) -> None:
        self._record = record
        self._wrong = wrong

    def has(self, *names: str) -> bool:
        """Return whether all of these are there and well-formed."""
        return all(self._record.get(name) is not None and name not in self._wrong for name in names)

    def __getitem__(self, name: str) -> Any:
        return None if name in self._wrong else self._record.get(name)


def _codes(item: Known) -> Iterator[Error]:
    if item.has("code"):
        if not BASIC_CODE.fullmatch(item["code"]):
            yield _error("code", "基本编码为 12 位数字")
        elif item.has("kind") and item["code"][2:4] != ITEM_KINDS[item["kind"]]:
            yield _error("code", f"第 3、4 位应为{item['kind']}的代码 {ITEM_KINDS[item['kind']]}")
    if not item.has("implementation_code"):
        return
    code: str = item["implementation_code"]
    if not IMPLEMENTATION_CODE.fullmatch(code):
        yield _error("implementation_code", "实施编码为 31 位：主体 18 位、层级 1 位、基本编码 12 位")
        return
    if not is_credit_code(code[:18]):
        yield _error("implementation_code", "前 18 位的统一社会信用代码校验不通过")
    if item.has("department") and code[:18] != item["department"]:
        yield _error("implementation_code", "前 18 位应为实施主体编码")
    if item.has("code") and code[19:] != item["code"]:
        yield _error("implementation_code", "后 12 位应为基本编码")
    if item.has("levels") and list(LEVELS)[int(code[18]) - 1] not in item["levels"]:
        yield _error("implementation_code", "第 19 位的层级不在行使层级之内")
    if item.has("business_code") and not re.fullmatch(
        re.escape(code) + r"(0[1-9]|[1-9]\d)", item["business_code"]
    ):
        yield _error("business_code", "业务办理项编码为实施编码加两位序号")


def _days(item: Known) -> Iterator[Error]:
    if item.has("case_type", "promised_days"):
        instant = item["case_type"] == "instant"
        if instant and item["promised_days"] != 0:
            yield _error("promised_days", "即办件的承诺时限应为 0")
        if not instant and item["promised_days"] == 0:
            yield _error("promised_days", "承诺件的承诺时限不能为 0")
    same_unit = item["statutory_unit"] == item["promised_unit"]
    if item.has("statutory_days", "promised_days") and same_unit:
        if item["promised_days"] > item["statutory_days"]:
            yield _error("promised_days", "承诺时限不能长于法定时限")
        if item["statutory_days"] == 0 and item["promised_days"]:
            yield _error("statutory_days", "法定时限不能为 0")


def _visits(item: Known) -> Iterator[Error]:
    if not item.has("visits"):
        return
    if item["visits"] and not item["visits_reason"]:
        yield _error("visits_reason", "须到现场的，应写明原因")
    if item["visits"] == 0 and item.has("handling_ways") and "online" not in item["handling_ways"]:
        yield _error("handling_ways", "到现场次数为 0 的，应可网上办理")
    online = item.has("handling_ways", "channels") and "online" in item["handling_ways"]
    if online and not {"pc", "mobile"} & set(item["channels"]):
        yield _error("channels", "可网上办理的，渠道应有 pc 或 mobile")


def _people(item: Known) -> Iterator[Error]:
    if item.has("served", "audience"):
        served = set(item["served"])
        if "person" in item["audience"] and "person" not in served:
            yield _error("served", "面向个人的，服务对象应含自然人")
        if "enterprise" in item["audience"] and not served - {"person"}:
            yield _error("served", "面向企业的，服务对象应含企业法人等")
    if item.has("body_kind") and item["body_kind"] == "entrusted" and not item["entrusting_body"]:
        yield _error("entrusting_body", "受委托组织实施的，应写明委托部门")


def _money(item: Known) -> Iterator[Error]:
    if item.has("is_charged", "fees"):
        if item["is_charged"] and not item["fees"]:
            yield _error("fees", "收费的，应列出收费项目、标准和依据")
        if not item["is_charged"] and item["fees"]:
            yield _error("is_charged", "列有收费项目，却标为不收费")


def _results(item: Known) -> Iterator[Error]:
    if item.has("results"):
        types = {row["license_type"] for row in item["results"] if row.get("license_type")}
        wanted = {item["result_license_type"]} if item["result_license_type"] else set()
        if types != wanted:
            yield _error("result_license_type", "应与办理结果中的证照类型一致")
        for number, row in enumerate(item["results"], 1):
            if row.get("license_type") and row.get("kind") != "licence":
                yield _error(f"results.{number}.kind", "有证照类型编码的，结果类型应为证照")


def _flow(item: Known) -> Iterator[Error]:
    if not item.has("flow"):
        return
    steps = {step["code"]: step["after"] for step in item["flow"]}
    unknown = sorted({code for after in steps.values() for code in after} - set(steps))
    if unknown:
        yield _error("flow", f"没有前置环节 {'、'.join(unknown)}")
        return
    try:
        tuple(TopologicalSorter(steps).static_order())
    except CycleError as error:
        yield _error("flow", "环节互相等待：" + " → ".join(error.args[1]))
        return
    if item.has("promised_days") and any(step["days"] > item["promised_days"] for step in item["flow"]):
        yield _error("flow", "单个环节的时限不能长于承诺时限")


def _department(record: Record, departments: Mapping[str, str]) -> Iterator[Error]:
    name = departments.get(record["department"])
    if name is None:
        yield _error("department", "没有这个部门")
    elif name != record["department_name"]:
        yield _error("department_name", f"该编码的部门是{name}")


RULES: tuple[Callable[[Known], Iterator[Error]], ...] = (
    _codes,
    _days,
    _visits,
    _people,
    _money,
    _results,
    _flow,
)


def _error(place: str, message: str) -> Error:
    return {"field": place, "message": message}
