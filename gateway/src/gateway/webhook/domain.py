"""When a call is repeated, when it is given up, when a partner that does not answer is left alone."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES_TO_REST = 5


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses double from `first` to `longest`; a call is given up `give_up` after its event was queued.

    `rest` is the longest time a partner that answers nothing is left alone before one call tries again.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(hours=24)
    rest: timedelta = timedelta(minutes=1)

    def pause(self, attempts: int) -> timedelta:
        """Return how long to wait after so many failed attempts, spread a little."""
        grown = self.first * 2.0 ** min(attempts - 1, 30)
        return min(self.longest, grown) * random.uniform(0.85, 1.15)  # noqa: S311 - spreads retries only

    def pause_of_partner(self, failures: int) -> timedelta:
        """Return how long to leave a partner alone after so many failures without a success."""
        return min(self.rest, self.first * 2.0 ** min(failures - FAILURES_TO_REST, 30))


@dataclass(frozen=True)
class Retry:
    """How the oldest call of a business fares. It is kept, so a restart forgets nothing."""

    number: int
    attempts: int
    next_at: datetime
    last: str

    def is_due(self, now: datetime) -> bool:
        """Return whether it may be tried."""
        return self.next_at <= now


@dataclass(frozen=True)
class Health:
    """How a partner's address fares as a whole; another address begins anew."""

    address: str = ""
    failures: int = 0
    down_since: datetime | None = None
    rests_until: datetime | None = None

    @property
    def is_resting(self) -> bool:
        """Return whether the partner is left alone but for one call at a time."""
        return self.failures >= FAILURES_TO_REST

    def after_failure(self, now: datetime, policy: RetryPolicy) -> "Health":
        """Return the health after a call that failed."""
        failures = self.failures + 1
        rests_until = now + policy.pause_of_partner(failures) if failures >= FAILURES_TO_REST else None
        return Health(self.address, failures, self.down_since or now, rests_until)

    def waits(self, now: datetime) -> bool:
        """Return whether no call is made now."""
        return self.is_resting and self.rests_until is not None and now < self.rests_until


@dataclass(frozen=True)
class Call:
    """A queued call: `number` is its place in the queue, `position` the event's in the log."""

    number: int
    position: int
    business: str
    body: bytes
    event_id: str
    event_type: str
    queued_at: datetime
    is_replay: bool = False

    def is_too_old(self, now: datetime, policy: RetryPolicy) -> bool:
        """Return whether it is not tried again."""
        return now - self.queued_at >= policy.give_up


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: `status`, or 0 with the kind of failure in `error`."""

    status: int
    error: str = ""
    milliseconds: int = 0
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        """Return whether the partner has the event."""
        return 200 <= self.status < 300

    @property
    def is_end(self) -> bool:
        """Return whether the partner wants no more calls."""
        return self.status == 410

    @property
    def text(self) -> str:
        """Return it in short for the log."""
        return f"HTTP {self.status}" if self.status else self.error


def after_failure(
    call: Call, retry: Retry | None, answer: Answer, now: datetime, policy: RetryPolicy
) -> Retry:
    """Return when the call is tried again; a Retry-After of the partner counts up to the longest pause."""
    attempts = (retry.attempts if retry and retry.number == call.number else 0) + 1
    pause = policy.pause(attempts)
    if answer.retry_after is not None:
        pause = min(policy.longest, max(pause, timedelta(seconds=answer.retry_after)))
    return Retry(call.number, attempts, now + pause, answer.text)


def hurried(retry: Retry, now: datetime) -> Retry:
    """Return a retry that is due now: the partner answers again."""
    return replace(retry, next_at=min(retry.next_at, now))
