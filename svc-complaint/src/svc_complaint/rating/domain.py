"""A rating: invited -> submitted -> (appealed -> submitted | set_aside), or invited -> expired. 5 is best."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotAllowed, NotFound, move, new_id

WORST_GOOD_LEVEL = 3
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
TEN_MINUTES = timedelta(minutes=10)


class Status(StrEnum):
    """Where a rating stands."""

    INVITED = "invited"
    SUBMITTED = "submitted"
    APPEALED = "appealed"
    SET_ASIDE = "set_aside"
    EXPIRED = "expired"


NEXT: dict[Status, frozenset[Status]] = {
    Status.INVITED: frozenset({Status.SUBMITTED, Status.EXPIRED}),
    Status.SUBMITTED: frozenset({Status.APPEALED}),
    Status.APPEALED: frozenset({Status.SUBMITTED, Status.SET_ASIDE}),
    Status.SET_ASIDE: frozenset(),
    Status.EXPIRED: frozenset(),
}
# Those that count: an appeal changes nothing until it is decided.
COUNTED = frozenset({Status.SUBMITTED, Status.APPEALED})


class NoSuchRating(NotFound):
    """There is no such invitation of the caller."""

    code = "rating-not-found"
    title = "没有这个评价邀请"


class RatingClosed(Conflict):
    """The time in which the service may be rated is over."""

    code = "rating-closed"
    title = "评价期限已过"


class TagUnknown(Invalid):
    """A tag is not one of those for this level."""

    code = "rating-tag-unknown"
    title = "评价标签不适用于该等级"


class NotBad(Conflict):
    """Only bad ratings can be appealed against."""

    code = "rating-not-bad"
    title = "只能对差评提出申诉"


class AppealedBefore(Conflict):
    """The rating was appealed against and upheld."""

    code = "rating-appealed-before"
    title = "该评价已复核过一次，不能再次申诉"


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
    closes_at: datetime | None = None
    window: str | None = None
    clerk: str | None = None
    status: Status = Status.INVITED
    level: int | None = None
    tags: list[str] = field(default_factory=list)
    comment: str | None = None
    channel: str | None = None
    submitted_at: datetime | None = None
    case_id: UUID | None = None
    flags: list[str] = field(default_factory=list)
    appealed_by: str | None = None
    appeal: str | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None

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
        days: int,
        window: str | None = None,
        clerk: str | None = None,
    ) -> "Rating":
        """Return a new invitation, open for some days."""
        return cls(
            id=new_id(),
            service_key=service_key,
            person_id=person_id,
            service_name=service_name,
            item_code=item_code,
            department=department,
            service_point=service_point,
            invited_at=now,
            closes_at=now + timedelta(days=days),
            window=window,
            clerk=clerk,
        )

    def submit(self, level: int, tags: list[str], comment: str | None, channel: str, now: datetime) -> None:
        """Give the rating, once. `comment` is encrypted already. Raises RatingClosed."""
        if self.status is Status.EXPIRED or (self.closes_at is not None and now > self.closes_at):
            raise RatingClosed
        self.status = move(self.status, Status.SUBMITTED, NEXT)
        self.level, self.tags, self.comment, self.submitted_at = level, tags, comment, now
        self.channel = channel

    def appeal_against(self, by: str, reason: str) -> None:
        """The rated department asks to look at it again (申诉), once. `reason` is encrypted already.

        Raises:
            NotBad, AppealedBefore: it cannot be appealed against.
        """
        if not self.is_bad:
            raise NotBad
        if self.reviewed_by is not None:
            raise AppealedBefore
        self.status = move(self.status, Status.APPEALED, NEXT)
        self.appealed_by, self.appeal = by, reason

    def review(self, by: str, set_aside: bool, now: datetime) -> None:
        """Decide the appeal (复核). Raises NotAllowed when the one who appealed decides."""
        if by == self.appealed_by:
            raise NotAllowed("申诉人不能复核自己的申诉")
        self.status = move(self.status, Status.SET_ASIDE if set_aside else Status.SUBMITTED, NEXT)
        self.reviewed_by, self.reviewed_at = by, now

    @property
    def is_bad(self) -> bool:
        """Return whether it is a bad rating, which opens a case."""
        return self.level is not None and self.level < WORST_GOOD_LEVEL


def check_tags(tags: Collection[str], level: int, catalogue: Mapping[int, Collection[str]]) -> None:
    """Raise TagUnknown unless every tag is in the catalogue for the level; an empty catalogue allows all."""
    allowed = catalogue.get(level, ())
    unknown = [tag for tag in tags if tag not in allowed]
    if catalogue and unknown:
        raise TagUnknown(f"不适用：{'、'.join(unknown)}", field="tags", allowed=sorted(allowed))


@dataclass(frozen=True)
class Limits:
    """From where on ratings look like ballot stuffing (刷评)."""

    by_person_a_day: int
    by_window_in_ten_minutes: int


def suspicious(by_person: int, by_window: int, limits: Limits) -> list[str]:
    """Return what is odd about one more rating; flagged ratings count until somebody sets them aside."""
    found = []
    if by_person >= limits.by_person_a_day:
        found.append("same_person")
    if by_window >= limits.by_window_in_ten_minutes:
        found.append("same_window")
    return found
