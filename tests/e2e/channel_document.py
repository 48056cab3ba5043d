"""Operations of a channel's OpenAPI document, and examples of what they take."""

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

# What stands for a file: a document only says "bytes".
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def bounded(examples: int) -> settings:
    """Return settings for so many examples, the same ones in each run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def operations(document: dict[str, Any]) -> list[Any]:
    """Return the operations of a document; one that cannot be read fails the test."""
    found: list[Any] = list(schemathesis.openapi.from_dict(document).get_all_operations())
    return [each.ok() for each in found]


def example(operation: Any) -> Any:
    """Return a request that the document of an operation allows."""
    found: list[Any] = []

    @bounded(1)
    @given(case=operation.as_strategy())
    def note(case: Any) -> None:
        found.append(case)

    note()
    return found[-1]


def content_of(case: Any) -> dict[str, Any]:
    """Return the body of a request with its media type, as the client takes them; nothing for none."""
    if isinstance(case.body, NotSet):
        return {}
    if case.media_type == "application/json" and not isinstance(case.body, str):
        return {"content": json.dumps(case.body), "headers": {"Content-Type": "application/json"}}
    return {"content": PDF, "headers": {"Content-Type": case.media_type}}
