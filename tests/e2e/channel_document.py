"""Operations of a channel's OpenAPI document, and examples of what they take."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet


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


def example_body(operation: Any) -> Any:
    """Return a body that the document of an operation allows, None when it takes none."""
    found: list[Any] = []

    @bounded(1)
    @given(case=operation.as_strategy())
    def note(case: Any) -> None:
        found.append(None if isinstance(case.body, NotSet) else case.body)

    note()
    return found[-1]
