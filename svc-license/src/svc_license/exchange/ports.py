"""What the exchange needs from outside."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol


class Province(Protocol):
    """The provincial platform."""

    async def report(self, content: Mapping[str, str]) -> None:
        """Tell how a licence stands. Raises ProvinceUnavailable, ProvinceRefused."""
        ...

    async def received(self, day: date) -> Mapping[str, str]:
        """Return the identifiers it received on a day with their status codes. Raises ProvinceUnavailable."""
        ...

    async def find(self, question: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the licences it knows. Raises ProvinceUnavailable, ProvinceRefused."""
        ...
