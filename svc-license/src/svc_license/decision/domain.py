"""A decision on a licence: proposed by one person, approved by another."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, NotAllowed, NotFound, move, new_id


class Action(StrEnum):
    """What is decided."""

    ISSUE = "issue"
    RENEWAL = "renewal"
    CHANGE = "change"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    REVOCATION = "revocation"


class Standing(StrEnum):
    """Where a decision stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


NEXT: dict[Standing, frozenset[Standing]] = {
    Standing.PROPOSED: frozenset({Standing.APPROVED, Standing.REJECTED}),
    Standing.APPROVED: frozenset(),
    Standing.REJECTED: frozenset(),
}
# A suspension may have to come at once, and can be taken back; everything else needs a second person.
ALONE = frozenset({Action.SUSPENSION})


class NoSuchDecision(NotFound):
    """There is no such decision of the caller's department."""

    code = "license-decision-not-found"
    title = "没有这项决定"


class DecisionOpen(Conflict):
    """Another decision on this licence waits for approval."""

    code = "license-decision-open"
    title = "该证照已有待复核的决定"


class SecondPersonNeeded(NotAllowed):
    """Who proposed a decision cannot decide on it."""

    code = "second-person-needed"
    title = "须由另一人复核"


class NotRenewable(Conflict):
    """The licence cannot be renewed as it is."""

    code = "license-not-renewable"
    title = "该证照不能延续"


@dataclass(eq=False)
class Decision:
    """One decision. What a licence is to say is encrypted as it will be on the licence."""

    id: UUID
    action: Action
    department: str
    type_code: str
    license_id: UUID | None
    reason: str
    proposed_by: str
    proposed_at: datetime
    status: Standing = Standing.PROPOSED
    decided_by: str | None = None
    decided_at: datetime | None = None
    remark: str | None = None
    person_id: str | None = None
    holder_name: str | None = None
    holder_number: str | None = None
    holder_index: str | None = None
    fields: str | None = None
    valid_until: date | None = None
    result_id: UUID | None = None

    @classmethod
    def propose(
        cls,
        action: Action,
        *,
        department: str,
        type_code: str,
        license_id: UUID | None,
        reason: str,
        by: str,
        now: datetime,
    ) -> "Decision":
        """Return a new proposal."""
        return cls(new_id(), action, department, type_code, license_id, reason, by, now)

    def approve(self, by: str, now: datetime) -> None:
        """Decide for it. Raises SecondPersonNeeded, IllegalMove."""
        self._decide(Standing.APPROVED, by, now)

    def reject(self, by: str, remark: str, now: datetime) -> None:
        """Decide against it. Raises SecondPersonNeeded, IllegalMove."""
        self._decide(Standing.REJECTED, by, now)
        self.remark = remark

    def _decide(self, status: Standing, by: str, now: datetime) -> None:
        if by == self.proposed_by and self.action not in ALONE:
            raise SecondPersonNeeded("提出人不能复核自己提出的决定")
        self.status = move(self.status, status, NEXT)
        self.decided_by, self.decided_at = by, now
