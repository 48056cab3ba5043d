"""What is exchanged and what a day's reconciliation finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from lib_kernel import Unavailable
from svc_license.license.domain import Status

LONGEST_PAUSE = timedelta(hours=1)
ANSWERED, NOT_AUTHENTICATED, NO_RIGHT, BAD_HOLDER_KIND = 0, 11, 100, 103
# Status codes differ by sector; these are a setting of this connector, in the two digits that are usual.
STATUS_CODES: Mapping[Status, str] = {
    Status.VALID: "01",
    Status.SUSPENDED: "02",
    Status.REVOKED: "04",
    Status.EXPIRED: "05",
    Status.SUPERSEDED: "06",
}


class ProvinceUnavailable(Unavailable):
    """The provincial platform does not answer, answers nonsense, or does not accept our credentials."""

    code = "province-unavailable"
    title = "省级证照平台暂时不可用"


class ProvinceRefused(Exception):
    """The province understood and refuses: sending the same again makes no sense. `status` is its code."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with status {status}")
        self.status = status


@dataclass(eq=False)
class Entry:
    """One thing to tell the province: how a licence stands when the entry's turn comes."""

    seq: int
    license_id: UUID
    attempts: int


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait before the next attempt."""
    return min(timedelta(seconds=5 * 2 ** min(attempts, 12)), LONGEST_PAUSE)


@dataclass(frozen=True)
class Reconciliation:
    """A day compared: identifiers the province lacks, has without us, or has with another status."""

    day: date
    made_at: datetime
    sent: int
    waiting: int
    parked: int
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    @property
    def is_even(self) -> bool:
        """Return whether both sides agree."""
        return not (self.missing or self.unknown or self.different)


def compare(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
    """Return what they lack, what only they have, and what both have with different status codes."""
    missing = sorted(set(ours) - set(theirs))
    unknown = sorted(set(theirs) - set(ours))
    different = sorted(number for number in set(ours) & set(theirs) if ours[number] != theirs[number])
    return missing, unknown, different
