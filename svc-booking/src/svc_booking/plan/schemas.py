"""Request and response bodies of planning."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from svc_booking.calendar.domain import (
    WEEKDAYS,
    BadHours,
    DayException,
    ExceptionKind,
    OpeningHours,
    Source,
    SpecialKind,
)
from svc_booking.rule.domain import BookingRule, RuleRow, Scope
from svc_booking.rule.store import write_values

Period = tuple[time, time]
Share = Annotated[float, Field(ge=0, le=1)]


class SpecialDayIn(BaseModel):
    """What a day is in this city, whatever the state's calendar says."""

    model_config = ConfigDict(extra="forbid")

    kind: SpecialKind
    name: str = Field(min_length=1, max_length=40)


class SpecialDayOut(BaseModel):
    """A day that is not what its weekday says; `source` is `by_rule` where no arrangement is published."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    kind: SpecialKind
    name: str
    source: Source


class CalendarOut(BaseModel):
    """A city's year; `source` says whether the State Council's arrangement is known or days are by rule."""

    city: str
    year: int
    source: Source
    days: list[SpecialDayOut]


class OpeningDay(BaseModel):
    """When a point is open on a day; `source` flags days of a year whose arrangement is not published."""

    day: date
    is_open: bool
    name: str
    source: Source
    slots: list[time]
    extended_slots: list[time]
    reason: str


class OpeningList(BaseModel):
    """The opening days of a point, in order."""

    service_point: str
    items: list[OpeningDay]


class HoursIn(BaseModel):
    """Weekly hours: weekday (`mon` … `sun`) -> periods in city time."""

    model_config = ConfigDict(extra="forbid")

    weekly: dict[str, list[Period]]
    always_open: bool = False

    def hours(self) -> OpeningHours:
        """Return them as the domain has them. Raises BadHours."""
        unknown = sorted(set(self.weekly) - set(WEEKDAYS))
        if unknown:
            raise BadHours(f"没有这样的星期：{'、'.join(unknown)}，请用 mon 至 sun", field="weekly")
        return OpeningHours(
            {weekday: tuple(periods) for weekday, periods in self.weekly.items()}, self.always_open
        )


class ExceptionIn(BaseModel):
    """How a point differs on a day: closed, other hours, or longer than usual."""

    model_config = ConfigDict(extra="forbid")

    kind: ExceptionKind
    periods: list[Period] = Field(default=[], max_length=6)
    reason: str = Field(min_length=1, max_length=200)

    def exception(self, day: date) -> DayException:
        """Return it as the domain has it. Raises BadHours."""
        return DayException(day, self.kind, tuple(self.periods), self.reason)


class ExceptionOut(BaseModel):
    """An exception."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    kind: ExceptionKind
    periods: list[Period]
    reason: str


class ExceptionList(BaseModel):
    """A point's exceptions, in order of days."""

    items: list[ExceptionOut]


class EffectOut(BaseModel):
    """What a change did; `flagged` slots are closed but have bookings someone must look after."""

    model_config = ConfigDict(from_attributes=True)

    made: int
    opened: int
    closed: int
    flagged: list[UUID]


class FlaggedOut(BaseModel):
    """A closed slot with bookings."""

    model_config = ConfigDict(from_attributes=True)

    slot_id: UUID
    group: str
    starts_at: datetime
    taken: int


class FlaggedList(BaseModel):
    """A point's closed slots with bookings."""

    items: list[FlaggedOut]


class CapacityIn(BaseModel):
    """How many places."""

    model_config = ConfigDict(extra="forbid")

    capacity: int = Field(ge=0, le=1000)


class CapacityOut(BaseModel):
    """A slot with its new capacity."""

    slot_id: UUID
    capacity: int


class ResizedOut(BaseModel):
    """How many slots have the new capacity; `kept_above` keep more because more are taken."""

    model_config = ConfigDict(from_attributes=True)

    changed: int
    kept_above: list[UUID]


class RuleValues(BaseModel):
    """Values of a layer; what is left out is as farther layers say. Spans are in seconds or ISO 8601."""

    model_config = ConfigDict(extra="forbid")

    days_ahead: int | None = Field(default=None, ge=0, le=10)
    opens_at: time | None = None
    closes_before: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=2))
    per_day: int | None = Field(default=None, ge=1, le=100)
    largest_party: int | None = Field(default=None, ge=1, le=200)
    reschedules: int | None = Field(default=None, ge=0, le=100)
    no_shows: int | None = Field(default=None, ge=1, le=100)
    no_show_window: timedelta | None = Field(default=None, ge=timedelta(days=1), le=timedelta(days=365))
    no_show_block: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=365))
    late_cancel_before: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=2))
    late_cancels: int | None = Field(default=None, ge=1, le=100)
    late_cancel_window: timedelta | None = Field(default=None, ge=timedelta(days=1), le=timedelta(days=365))
    late_cancel_block: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=365))
    holds: int | None = Field(default=None, ge=0, le=100)
    holds_a_device: int | None = Field(default=None, ge=0, le=100)
    holds_an_hour: int | None = Field(default=None, ge=0, le=1000)
    hold_for: timedelta | None = Field(default=None, ge=timedelta(seconds=30), le=timedelta(hours=1))
    waitlist_size: int | None = Field(default=None, ge=0, le=1000)
    accept_within: timedelta | None = Field(default=None, ge=timedelta(minutes=1), le=timedelta(days=1))
    green_share: Share | None = None
    channel_shares: dict[str, Share] | None = Field(default=None, max_length=8)
    release_before: timedelta | None = Field(default=None, ge=timedelta(0), le=timedelta(days=7))
    asks_admission: bool | None = None

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if (self.green_share or 0.0) + sum((self.channel_shares or {}).values()) > 1:
            raise ValueError("shares exceed the whole")
        return self

    def given(self) -> dict[str, Any]:
        """Return what is given."""
        return self.model_dump(exclude_none=True)


class ScopeBody(BaseModel):
    """Where a layer holds; what is left out holds for all."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    city: str = Field(min_length=6, max_length=12, pattern=r"^\d+$")
    point_kind: str | None = Field(default=None, max_length=40)
    service_point: str | None = Field(default=None, max_length=40)
    group: str | None = Field(default=None, max_length=40)

    def scope(self) -> Scope:
        """Return it as the domain has it."""
        return Scope(self.city, self.point_kind, self.service_point, self.group)


class RuleIn(BaseModel):
    """A layer of rules."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeBody
    values: RuleValues


class RuleOut(BaseModel):
    """A layer of rules as it is kept; spans are in seconds."""

    id: UUID
    scope: ScopeBody
    values: dict[str, Any]
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        """Return the answer for a row."""
        return cls(
            id=row.id,
            scope=ScopeBody.model_validate(row.layer.scope),
            values=write_values(dict(row.layer.values)),
            changed_by=row.changed_by,
            changed_at=row.changed_at,
        )


class RuleList(BaseModel):
    """Layers, far ones first."""

    items: list[RuleOut]


class EffectiveRule(BaseModel):
    """The rule that holds for a group at a point, all layers together; spans are in seconds."""

    service_point: str
    group: str
    values: dict[str, Any]

    @classmethod
    def of(cls, point: str, group: str, rule: BookingRule) -> Self:
        """Return the answer for a rule."""
        return cls(service_point=point, group=group, values=write_values(vars(rule)))
