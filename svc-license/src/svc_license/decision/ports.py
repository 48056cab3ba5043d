"""What deciding needs from outside."""

from typing import Protocol
from uuid import UUID

from svc_license.decision.domain import Decision
from svc_license.license.ports import UnitOfWork as LicenseWork


class Decisions(Protocol):
    """Decisions inside one transaction."""

    async def add(self, decision: Decision) -> None:
        """Keep a proposal. Raises DecisionOpen when another one on the licence waits."""
        ...

    async def lock(self, decision_id: UUID) -> Decision:
        """Return the decision, locked. Raises NoSuchDecision."""
        ...


class UnitOfWork(LicenseWork, Protocol):
    """One transaction."""

    @property
    def decisions(self) -> Decisions:
        """Return the decisions."""
        ...
