"""Forms against the JSON Schema of their item, with errors in Chinese that name the exact field."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from lib_kernel import Invalid

SCHEMAS_KEPT = 1024

TEXTS = {
    "minLength": "至少 {value} 个字符",
    "maxLength": "过长，最多 {value} 个字符",
    "pattern": "格式不正确",
    "format": "格式不正确",
    "enum": "不在可选范围内",
    "const": "不在可选范围内",
    "minimum": "不能小于 {value}",
    "exclusiveMinimum": "应大于 {value}",
    "maximum": "不能大于 {value}",
    "exclusiveMaximum": "应小于 {value}",
    "multipleOf": "应为 {value} 的倍数",
    "minItems": "至少 {value} 项",
    "maxItems": "最多 {value} 项",
    "uniqueItems": "不能有重复的项",
}
TYPES = {
    "string": "文本",
    "integer": "整数",
    "number": "数字",
    "boolean": "是或否",
    "array": "列表",
    "object": "一组字段",
}


class FormInvalid(Invalid):
    """The form does not fit the item; `errors` name the fields."""

    code = "form-invalid"
    title = "表单内容有误"


def check_form(schema: Mapping[str, Any], form: Mapping[str, Any]) -> None:
    """Raise FormInvalid naming every field that does not fit. What was written is not quoted."""
    errors = form_errors(schema, form)
    if errors:
        detail = "；".join(f"{error['title']}：{error['message']}" for error in errors)
        raise FormInvalid(detail, errors=errors)


def form_errors(schema: Mapping[str, Any], form: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong: `field` is the path in the request, `title` what the form calls it."""
    validator = _validator(orjson.dumps(schema))
    found = [
        explained
        for error in validator.iter_errors(form)
        for explained in _explained(error, validator.schema)
    ]
    return sorted(found, key=lambda error: error["field"])


@lru_cache(maxsize=SCHEMAS_KEPT)
def _validator(schema: bytes) -> Draft202012Validator:
    # Building a validator costs more than using it; items are few and applications many.
    return Draft202012Validator(orjson.loads(schema), format_checker=FormatChecker())


def _explained(error: ValidationError, schema: Any) -> Iterator[dict[str, str]]:
    path = list(error.absolute_path)
    value: Any = error.validator_value
    kind = str(error.validator)
    if kind == "required":
        # The library reports each missing member by itself, naming it only in its text.
        missing = next((name for name in _names(value) if error.message.startswith(repr(name))), None)
        yield _told([*path, missing or "?"], schema, "必填")
    elif kind == "additionalProperties":
        yield _told([*path, "?"], schema, "表单没有这些字段")
    elif kind == "type":
        wanted = [TYPES.get(str(name), str(name)) for name in ([value] if isinstance(value, str) else value)]
        yield _told(path, schema, "类型不正确，应为" + "或".join(wanted))
    elif kind == "minLength" and value == 1:
        yield _told(path, schema, "不能为空")
    else:
        yield _told(path, schema, TEXTS.get(kind, "不符合要求").format(value=value))


def _names(required: Any) -> list[str]:
    return [str(name) for name in required]


def _told(path: Sequence[str | int], schema: Any, message: str) -> dict[str, str]:
    # Names of unknown fields are the sender's text and not repeated.
    shown = [str(part) for part in path if part != "?"]
    return {"field": ".".join(["form", *shown]), "title": _title(path, schema), "message": message}


def _title(path: Sequence[str | int], schema: Any) -> str:
    """Return the titles along a path: 从业人员第2项 / 姓名."""
    titles: list[str] = []
    for part in path:
        if isinstance(part, int):
            schema = schema.get("items", {}) if isinstance(schema, Mapping) else {}
            titles[-1:] = [f"{titles[-1] if titles else '列表'}第{part + 1}项"]
        elif part != "?":
            inner = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
            schema = inner.get(part, {})
            titles.append(str(schema.get("title", part)))
    return " / ".join(titles) or "表单"
