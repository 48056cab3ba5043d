"""What features need of kinds."""

from typing import Protocol

from svc_complaint.kind.domain import CaseKind


class Kinds(Protocol):
    """Kinds inside one transaction."""

    async def current(self, code: str) -> CaseKind:
        """Return the newest version. Raises NoSuchKind."""
        ...

    async def of_version(self, code: str, version: int) -> CaseKind:
        """Return a version; older cases keep theirs. Raises NoSuchKind."""
        ...
