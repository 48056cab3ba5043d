"""A delegation: offered -> accepted | declined; revocable, and over at its end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import NotFound, move, new_id


class Standing(StrEnum):
    """Where a delegation stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"


NEXT: dict[Standing, frozenset[Standing]] = {
    Standing.OFFERED: frozenset({Standing.ACCEPTED, Standing.DECLINED, Standing.REVOKED}),
    Standing.ACCEPTED: frozenset({Standing.REVOKED}),
    Standing.DECLINED: frozenset(),
    Standing.REVOKED: frozenset(),
}


class NoSuchDelegation(NotFound):
    """There is no such delegation of or to the caller."""

    code = "delegation-not-found"
    title = "没有这项代持授权"


@dataclass(eq=False)
class Delegation:
    """The holder lets somebody see and show one licence."""

    id: UUID
    license_id: UUID
    person_id: str
    delegate_id: str
    relation: str
    offered_at: datetime
    until: datetime
    status: Standing = Standing.OFFERED
    decided_at: datetime | None = None

    @classmethod
    def offer(
        cls,
        license_id: UUID,
        *,
        person_id: str,
        delegate_id: str,
        relation: str,
        now: datetime,
        until: datetime,
    ) -> "Delegation":
        """Return a new offer."""
        return cls(new_id(), license_id, person_id, delegate_id, relation, now, until)

    def answer(self, accepted: bool, now: datetime) -> None:
        """The delegate accepts or declines. Raises IllegalMove, NoSuchDelegation when it is over."""
        if now >= self.until:
            raise NoSuchDelegation("该代持授权已过期")
        self.status = move(self.status, Standing.ACCEPTED if accepted else Standing.DECLINED, NEXT)
        self.decided_at = now

    def revoke(self, now: datetime) -> None:
        """The holder takes it back, or the delegate gives it up. Raises IllegalMove."""
        self.status = move(self.status, Standing.REVOKED, NEXT)
        self.decided_at = now
