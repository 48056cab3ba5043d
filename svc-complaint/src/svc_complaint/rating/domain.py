"""A rating: invited -> submitted. Five levels, 5 the best; 1 and 2 are bad (差评)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import NotFound, move, new_id

WORST_GOOD_LEVEL = 3
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}


class Status(StrEnum):
    """Where a rating stands."""

    INVITED = "invited"
    SUBMITTED = "submitted"


NEXT: dict[Status, frozenset[Status]] = {
    Status.INVITED: frozenset({Status.SUBMITTED}),
    Status.SUBMITTED: frozenset(),
}


class NoSuchRating(NotFound):
    """There is no such invitation of the caller."""

    code = "rating-not-found"
    title = "没有这个评价邀请"


@dataclass(eq=False)
class Rating:
    """One service's rating. `service_key` is the same for every event that tells of that service."""

    id: UUID
    service_key: str
    person_id: str
    service_name: str
    item_code: str
    department: str
    service_point: str
    invited_at: datetime
    status: Status = Status.INVITED
    level: int | None = None
    tags: list[str] = field(default_factory=list)
    comment: str | None = None
    submitted_at: datetime | None = None
    case_id: UUID | None = None

    @classmethod
    def invite(
        cls,
        *,
        service_key: str,
        person_id: str,
        service_name: str,
        item_code: str,
        department: str,
        service_point: str,
        now: datetime,
    ) -> "Rating":
        """Return a new invitation."""
        return cls(new_id(), service_key, person_id, service_name, item_code, department, service_point, now)

    def submit(self, level: int, tags: list[str], comment: str | None, now: datetime) -> None:
        """Give the rating, once. `comment` is encrypted already."""
        self.status = move(self.status, Status.SUBMITTED, NEXT)
        self.level, self.tags, self.comment, self.submitted_at = level, tags, comment, now

    @property
    def is_bad(self) -> bool:
        """Return whether it is a bad rating, which opens a case."""
        return self.level is not None and self.level < WORST_GOOD_LEVEL
