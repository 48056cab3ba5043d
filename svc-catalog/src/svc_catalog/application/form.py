"""Forms against the JSON Schema of their item, with errors in Chinese that name the field."""

from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from svc_catalog.application.domain import FormInvalid

TEXTS = {
    "required": "必填",
    "type": "类型不正确",
    "minLength": "不能为空",
    "maxLength": "过长",
    "pattern": "格式不正确",
    "enum": "不在可选范围内",
    "additionalProperties": "表单没有这些字段",
}


def check_form(schema: dict[str, Any], form: dict[str, Any]) -> None:
    """Raise FormInvalid naming every field that does not fit. What was written is not quoted."""
    errors = [_explained(error, schema) for error in Draft202012Validator(schema).iter_errors(form)]
    if errors:
        detail = "；".join(f"{error['title']}：{error['message']}" for error in errors)
        raise FormInvalid(detail, errors=errors)


def _explained(error: ValidationError, schema: dict[str, Any]) -> dict[str, str]:
    name = str(error.absolute_path[0]) if error.absolute_path else ""
    if error.validator == "required":
        # The library names the missing member only in its text.
        required: Any = error.validator_value
        written: Any = error.instance
        name = next((wanted for wanted in required if wanted not in written), name)
    title = schema.get("properties", {}).get(name, {}).get("title", name or "表单")
    message = TEXTS.get(str(error.validator), "不符合要求")
    return {"field": f"form.{name}".rstrip("."), "title": title, "message": message}
