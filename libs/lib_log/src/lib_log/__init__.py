"""Structured JSON logs without personal data."""

from lib_log._configure import configure_logging
from lib_log._redact import describe_error, redact, redact_text

__all__ = ["configure_logging", "describe_error", "redact", "redact_text"]
