"""Steps of a hall's day and how a call is spoken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict


class Step(StrEnum):
    """What happened to a number, to a window or to the day."""

    DRAWN = "drawn"
    CALLED = "called"
    RECALLED = "recalled"
    STARTED = "started"
    SKIPPED = "skipped"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    FINISHED = "finished"
    CLOSED = "closed"
    WINDOW_OPENED = "window_opened"
    WINDOW_PAUSED = "window_paused"
    WINDOW_RESUMED = "window_resumed"
    WINDOW_CLOSED = "window_closed"
    DAY_CLOSED = "day_closed"


SPOKEN = frozenset({Step.CALLED, Step.RECALLED})


class HallClosed(Conflict):
    """The hall has closed for today and gives no more numbers."""

    code = "hall-closed"
    title = "本网点今日已停止取号"


@dataclass(frozen=True)
class Entry:
    """One step. `actor` is the clerk, None for the person or the clock; it is never shown in the hall.

    `turn` counts the calls of a number: the n-th call of a number happens once. `waiting` are the numbers of
    people who wait after the step, for each business group it touches.
    """

    step: Step
    at: datetime
    service_point: str
    actor: str | None = None
    ticket_id: UUID | None = None
    number: str | None = None
    group: str | None = None
    window: str | None = None
    turn: int | None = None
    reason: str | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True)
class Head:
    """The end of a point's journal: the last version and the last day that was closed."""

    version: int
    closed_on: date | None


def speech(number: str, window: str) -> str:
    """Return what the hall's loudspeaker says when a number is called."""
    return f"请{number}号到{window}办理"
