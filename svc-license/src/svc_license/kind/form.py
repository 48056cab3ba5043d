"""Checks what a licence is to say against its kind's JSON Schema."""

import base64
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from PIL import Image

from lib_kernel import Invalid, is_citizen_id, is_credit_code
from svc_license.kind.domain import KindInvalid

LARGEST_PHOTO = 100 * 1024
MOST_PIXELS = 4_000_000
FORMATS = FormatChecker(formats=())
# What Pillow raises over a stranger's picture; SyntaxError is its word for a broken PNG chunk.
NO_PICTURE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
REASONS = {
    "required": "缺少必填项",
    "additionalProperties": "有不认识的栏目",
    "maxLength": "内容过长",
    "minLength": "不能为空",
    "pattern": "格式不正确",
    "enum": "不在可选范围内",
    "type": "应为文字",
}
FORMAT_REASONS = {
    "date": "日期应为 YYYY-MM-DD",
    "citizen-id": "居民身份证号码不正确",
    "credit-code": "统一社会信用代码不正确",
    "photo": "照片应为 PNG 或 JPEG，最大 100 KB（base64）",
}


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return date.fromisoformat(str(value)).isoformat() == value


@FORMATS.checks("citizen-id")
def _is_citizen_id(value: object) -> bool:
    return is_citizen_id(str(value))


@FORMATS.checks("credit-code")
def _is_credit_code(value: object) -> bool:
    return is_credit_code(str(value))


@FORMATS.checks("photo", raises=NO_PICTURE)
def _is_photo(value: object) -> bool:
    data = base64.b64decode(str(value), validate=True)
    picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    if len(data) > LARGEST_PHOTO or picture.width * picture.height > MOST_PIXELS:
        return False
    # A picture that is cut off opens well, and would then be drawn again and again in vain.
    picture.load()
    return True


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise KindInvalid unless the schema is one of an object with named text fields."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise KindInvalid(f"字段定义不是合法的 JSON Schema：{error.json_path}") from error
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict) or not properties:
        raise KindInvalid("字段定义应为带有 properties 的 object")
    unknown = set(schema.get("required", ())) - set(properties)
    if unknown:
        raise KindInvalid(f"必填项 {sorted(unknown)} 不在字段中")


def check_fields(schema: Mapping[str, Any], fields: Mapping[str, str]) -> None:
    """Raise Invalid naming the first field that does not fit. The text never quotes a value."""
    errors = sorted(
        Draft202012Validator(dict(schema), format_checker=FORMATS).iter_errors(dict(fields)),
        key=lambda error: error.json_path,
    )
    if errors:
        name, reason = _told(errors[0], schema, fields)
        title = schema["properties"].get(name, {}).get("title", name)
        raise Invalid(f"{title}：{reason}", field=name)


def _told(error: ValidationError, schema: Mapping[str, Any], fields: Mapping[str, str]) -> tuple[str, str]:
    keyword = str(error.validator)
    if keyword == "required":
        return next(name for name in schema["required"] if name not in fields), REASONS[keyword]
    if keyword == "additionalProperties":
        return next(name for name in fields if name not in schema["properties"]), REASONS[keyword]
    name = str(error.absolute_path[0]) if error.absolute_path else ""
    if keyword == "format":
        return name, FORMAT_REASONS.get(str(error.validator_value), "格式不正确")
    return name, REASONS.get(keyword, "不符合要求")
