"""What is wrong with a field, in Chinese, without quoting what was sent."""

from collections.abc import Mapping
from typing import Any

TEXTS = {
    "missing": "必填",
    "extra_forbidden": "没有这个字段，请删去",
    "json_invalid": "不是合法的 JSON",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符：{pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "应大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "less_than": "应小于 {lt}",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "uuid_parsing": "应为 UUID",
    "uuid_type": "应为 UUID",
    "date_from_datetime_parsing": "应为日期，如 2026-01-05",
    "date_parsing": "应为日期，如 2026-01-05",
    "date_type": "应为日期，如 2026-01-05",
    "datetime_parsing": "应为带时区的时间，如 2026-01-05T09:00:00+08:00",
    "datetime_from_date_parsing": "应为带时区的时间，如 2026-01-05T09:00:00+08:00",
    "datetime_type": "应为带时区的时间，如 2026-01-05T09:00:00+08:00",
    "timezone_aware": "时间须带时区，如 +08:00",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
}


def explain(error: Mapping[str, Any]) -> str:
    """Return the text for one of pydantic's error records; `value_error` carries our own validator's text."""
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "value_error":
        # Our validators raise ValueError with a Chinese text that never quotes the input.
        return str(context.get("error", "不符合要求"))
    text = TEXTS.get(kind)
    if text is None:
        return f"不符合要求（{kind}）"
    try:
        return text.format(**context)
    except KeyError:
        return text.split("{")[0].rstrip("：")
