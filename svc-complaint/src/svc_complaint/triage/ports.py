"""What features need of triage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from svc_complaint.triage.domain import Category, Rule


class Triage(Protocol):
    """Taxonomy, rules and word sets inside one transaction."""

    async def categories(self) -> Sequence[Category]:
        """Return the taxonomy."""
        ...

    async def rules(self) -> Sequence[Rule]:
        """Return the rules in force."""
        ...

    async def remember(self, case_id: UUID, words: list[int], at: datetime) -> None:
        """Keep the word set of a case."""
        ...
