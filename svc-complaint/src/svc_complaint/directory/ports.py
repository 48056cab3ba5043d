"""What features need of the directory."""

from collections.abc import Collection
from typing import Protocol


class Directory(Protocol):
    """Departments, divisions and contacts inside one transaction."""

    async def check(self, *codes: str) -> None:
        """Raise NoSuchOrg unless all codes are departments or divisions."""
        ...

    async def contacts(self, departments: Collection[str], role: str) -> list[str]:
        """Return the staff ids who are told: the departments' own, else those for all departments."""
        ...
