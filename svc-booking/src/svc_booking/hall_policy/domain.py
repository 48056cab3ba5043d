"""When a person with an appointment may check in, and what happens to those who come late or not at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lib_kernel import Invalid


class PolicyContradicts(Invalid):
    """The rules of a hall contradict each other."""

    code = "hall-policy-contradicts"
    title = "大厅规则前后矛盾"


@dataclass(frozen=True)
class HallPolicy:
    """Rules of one point.

    `early` before the slot check-in opens. Up to `late` after it began a person keeps the rank of the booked,
    after that they queue behind like walk-ins; after `no_show_after` the appointment counts as missed.
    A number may come back after being skipped `max_skips` times. What is still at a window so long after
    closing, `unfinished_after`, is closed with the day. With more than `divert_after` to wait, people are
    told of other points.
    """

    early: timedelta = timedelta(minutes=60)
    late: timedelta = timedelta(minutes=30)
    no_show_after: timedelta = timedelta(minutes=60)
    max_skips: int = 3
    unfinished_after: timedelta = timedelta(minutes=120)
    divert_after: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        if self.no_show_after < self.late:
            raise PolicyContradicts("爽约时限不能短于迟到时限", field="no_show_minutes")

    def is_late(self, starts_at: datetime, now: datetime) -> bool:
        """Return whether a person who checks in now has lost the rank of the booked."""
        return now > starts_at + self.late
