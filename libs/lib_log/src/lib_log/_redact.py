"""Keeps ID numbers, phone numbers and texts of errors out of the logs."""

import re
import traceback
from collections.abc import MutableMapping
from typing import Any

# An ID number or credit code has 18 characters, a mobile number 11; both may stand inside a longer text.
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\d{3})\d{11}(\d{3}[0-9Xx])(?![0-9A-Za-z])")
_LONG_NUMBER = re.compile(r"\d{11}")  # Both hold one; most texts do not, and are told so quickly.
_PHONE = re.compile(r"(?<![0-9A-Za-z.])(1[3-9]\d)\d{4}(\d{4})(?![0-9A-Za-z])")


def redact_text(text: str) -> str:
    """Return the text with resident ID numbers and mobile numbers masked."""
    if not _LONG_NUMBER.search(text):
        return text
    return _PHONE.sub(r"\1****\2", _ID_NUMBER.sub(r"\1***********\2", text))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask personal numbers in every text of a log line (a structlog processor)."""
    for key, value in event.items():
        event[key] = _redact_value(value)
    return event


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {key: _redact_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(inner) for inner in value]
    return value


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return class and place of an error, without its text: texts of errors quote rejected input."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "where": [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }
