"""How long people will wait: the queue played forward with the pace of the last services."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

USUAL_SERVICE = timedelta(minutes=8)
SHORTEST_SERVICE = timedelta(minutes=1)
LONGEST_SERVICE = timedelta(minutes=60)
FEWEST_SERVICES = 3
SERVICES_COUNTED = 20
# A service that takes longer than usual is expected to end within this part of a usual one.
STILL_TO_GO = 0.25


@dataclass(frozen=True)
class Queued:
    """A number that waits, in the order in which numbers are called."""

    ticket_id: UUID
    group: str
    wanted_window: str | None = None


@dataclass(frozen=True)
class OpenWindow:
    """A window that calls; `busy_since` is when it called the number it has."""

    name: str
    groups: frozenset[str]
    busy_group: str | None = None
    busy_since: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """Where a waiting number stands. `wait` is None while no open window serves it."""

    ahead: int
    wait: timedelta | None

    @property
    def minutes(self) -> int | None:
        """Return the expected whole minutes, rounded up."""
        return None if self.wait is None else -(-int(self.wait.total_seconds()) // 60)


def pace_of(services: Sequence[timedelta]) -> timedelta:
    """Return how long a service of a group takes: the median of its last ones, within bounds.

    The median, because a single very long service, or a number finished by a slip, must not move what
    everybody is told. With fewer than `FEWEST_SERVICES` the usual length is assumed.
    """
    if len(services) < FEWEST_SERVICES:
        return USUAL_SERVICE
    middle = timedelta(seconds=median(length.total_seconds() for length in services[:SERVICES_COUNTED]))
    return min(max(middle, SHORTEST_SERVICE), LONGEST_SERVICE)


def standings(
    queue: Sequence[Queued], windows: Iterable[OpenWindow], pace: Mapping[str, timedelta], now: datetime
) -> dict[UUID, Standing]:
    """Return where each waiting number stands.

    Played forward exactly as windows call: whichever becomes free first takes the first number that it
    serves. So windows with several groups, transfers to one window and pauses are all accounted for.
    """
    known = list(windows)
    ahead = _ahead(queue, known)
    left = list(queue)
    waits: dict[UUID, timedelta] = {}
    free_at = [(_remaining(window, pace, now), place) for place, window in enumerate(known)]
    heapq.heapify(free_at)
    while free_at and left:
        moment, place = heapq.heappop(free_at)
        found = next((index for index, queued in enumerate(left) if _serves(known[place], queued)), None)
        if found is None:
            continue  # Nobody who waits is for this window.
        queued = left.pop(found)
        waits[queued.ticket_id] = moment
        heapq.heappush(free_at, (moment + pace.get(queued.group, USUAL_SERVICE), place))
    return {
        queued.ticket_id: Standing(ahead[queued.ticket_id], waits.get(queued.ticket_id)) for queued in queue
    }


def wait_of_next(
    group: str,
    queue: Sequence[Queued],
    windows: Iterable[OpenWindow],
    pace: Mapping[str, timedelta],
    now: datetime,
) -> timedelta | None:
    """Return how long someone who came now would wait; None while no open window serves the group."""
    newcomer = Queued(UUID(int=0), group)
    return standings([*queue, newcomer], windows, pace, now)[newcomer.ticket_id].wait


def _serves(window: OpenWindow, queued: Queued) -> bool:
    return queued.group in window.groups and queued.wanted_window in (None, window.name)


def _remaining(window: OpenWindow, pace: Mapping[str, timedelta], now: datetime) -> timedelta:
    if window.busy_since is None:
        return timedelta(0)
    usual = pace.get(window.busy_group or "", USUAL_SERVICE)
    return max(usual - (now - window.busy_since), usual * STILL_TO_GO)


def _ahead(queue: Sequence[Queued], windows: Sequence[OpenWindow]) -> dict[UUID, int]:
    """Count for each number those before it that the same windows serve."""
    rivals: dict[str, set[str]] = {}
    for window in windows:
        for group in window.groups:
            rivals.setdefault(group, {group}).update(window.groups)
    before: dict[str, int] = {}
    counted = {}
    for queued in queue:
        counted[queued.ticket_id] = sum(
            before.get(group, 0) for group in rivals.get(queued.group, {queued.group})
        )
        before[queued.group] = before.get(queued.group, 0) + 1
    return counted
