"""What the screen and the phones get."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

from lib_kernel import CITY_ZONE
from svc_booking.board.domain import Standing
from svc_booking.board.store import BoardNow
from svc_booking.journal.domain import SPOKEN, Entry, Step, speech
from svc_booking.queue_ticket.domain import QueueTicket, Status
from svc_booking.queue_ticket.schemas import TicketOut
from svc_booking.window.domain import Status as WindowStatus

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class BoardCall(BaseModel):
    """A number called to, or served at, a window."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    window: str
    status: Status
    called_at: CityTime


class BoardGroup(BaseModel):
    """How many wait in a business group."""

    group: str
    name: str
    waiting: int


class BoardWindow(BaseModel):
    """A window as the hall sees it; `reason` says why it is paused."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    status: WindowStatus
    groups: list[str]
    reason: str | None


class Board(BaseModel):
    """What a hall's screen shows. Numbers only, no names. `version` is the last step it includes."""

    service_point: str
    name: str
    version: int
    calls: list[BoardCall]
    groups: list[BoardGroup]
    windows: list[BoardWindow]

    @classmethod
    def of(cls, now: BoardNow) -> Self:
        """Return the board as it is sent."""
        return cls(
            service_point=now.service_point,
            name=now.name,
            version=now.version,
            calls=[BoardCall.model_validate(call) for call in now.calls],
            groups=[
                BoardGroup(group=group, name=now.group_names[group], waiting=count)
                for group, count in now.waiting.items()
            ],
            windows=[BoardWindow.model_validate(window) for window in now.windows],
        )


class BoardChange(BaseModel):
    """One step as the hall sees it. `waiting` are the counts after it; `speech` is what is spoken."""

    version: int
    step: Step
    at: CityTime
    number: str | None
    group: str | None
    window: str | None
    reason: str | None
    waiting: dict[str, int]
    speech: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the step without what is not for the hall."""
        is_call = entry.step in SPOKEN and entry.number is not None and entry.window is not None
        return cls(
            version=entry.version,
            step=entry.step,
            at=entry.at,
            number=entry.number,
            group=entry.group,
            window=entry.window,
            reason=entry.reason if entry.step is Step.WINDOW_PAUSED else None,
            waiting=dict(entry.waiting),
            speech=speech(entry.number or "", entry.window or "") if is_call else None,
        )


class TicketStanding(TicketOut):
    """A number with the count of those before it and the minutes to wait; None when no window is open."""

    ahead: int
    expected_minutes: int | None
    speech: str | None

    @classmethod
    def at(cls, ticket: QueueTicket, standing: Standing | None) -> Self:
        """Return the number as its person follows it."""
        is_called = ticket.status is Status.CALLED and ticket.window is not None
        return cls(
            **TicketOut.model_validate(ticket).model_dump(),
            ahead=standing.ahead if standing else 0,
            expected_minutes=standing.minutes if standing else None,
            speech=speech(ticket.number, ticket.window or "") if is_called else None,
        )


class Diversion(BaseModel):
    """Another point where the wait is shorter. `expected_minutes` counts from now, without the way there."""

    service_point: str
    service_point_name: str
    kind: str
    same_division: bool
    waiting: int
    expected_minutes: int


class DiversionList(BaseModel):
    """Where to send people when a group's wait is long; empty while it is not."""

    service_point: str
    group: str
    expected_minutes: int | None
    hint: str | None
    items: list[Diversion]
