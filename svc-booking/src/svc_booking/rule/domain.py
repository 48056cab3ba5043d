"""Rules in layers: city, kind of point, point, business group; the closer one wins, value by value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, NotFound
from svc_booking.calendar.domain import PointCalendar

ONE_OPEN_TEXT = "同一业务同时只能有一个未办理的预约，请先取消或改约原预约"
FURTHEST_SEARCH = timedelta(days=40)  # Longer than any run of closed days.


class NoSuchRule(NotFound):
    """There is no such rule."""

    code = "booking-rule-not-found"
    title = "没有这条预约规则"


class BookingClosed(Conflict):
    """The slot begins too soon to be booked, or is closed."""

    code = "booking-closed"
    title = "该时段已停止预约"


class NotOpenYet(BookingClosed):
    """The slot lies too far ahead; `possible_at` says when it opens."""

    code = "booking-not-open-yet"
    title = "该时段尚未开放预约"


class AlreadyBooked(Conflict):
    """The person has an open appointment for this business group."""

    code = "already-booked"
    title = "您已有一个未办理的同类预约"


class DailyLimit(Conflict):
    """The person has as many appointments on that day as the rule allows."""

    code = "daily-limit"
    title = "当日预约次数已达上限"


class BookedMeanwhile(Conflict):
    """Another appointment of the person was written at the same moment; whether a rule stands is open."""

    code = "booked-meanwhile"
    title = "该办事人的另一个预约刚刚写入，请重试"


class NoShowBlock(Conflict):
    """The person missed too many appointments."""

    code = "no-show-block"
    title = "因多次爽约，暂停预约"


class LateCancelBlock(Conflict):
    """The person cancelled too late too often."""

    code = "late-cancel-block"
    title = "因多次临期取消，暂停预约"


class PartyTooLarge(Conflict):
    """A group booking is larger than the rule allows."""

    code = "party-too-large"
    title = "同行人数超过上限"


class RescheduleLimit(Conflict):
    """The appointment was moved as often as the rule allows."""

    code = "reschedule-limit"
    title = "改约次数已达上限"


class TooManyHolds(Conflict):
    """The device or person holds as many places as the rule allows."""

    code = "too-many-holds"
    title = "同时保留的号源过多"


@dataclass(frozen=True)
class BookingRule:
    """All values of a rule, with the defaults that hold where no layer says otherwise.

    `opens_at` is the minute of the day at which one more opening day may be booked. `green_share` and
    `channel_shares` are parts of a slot kept for the green channel and for channels until `release_before`
    the slot begins. `blocks` of no-shows and late cancels count what lies in their window of days.
    """

    days_ahead: int = 1
    opens_at: time = time(0)
    closes_before: timedelta = timedelta(minutes=5)
    per_day: int = 2
    largest_party: int = 5
    reschedules: int = 3
    no_shows: int = 3
    no_show_window: timedelta = timedelta(days=90)
    no_show_block: timedelta = timedelta(days=30)
    late_cancel_before: timedelta = timedelta(hours=2)
    late_cancels: int = 3
    late_cancel_window: timedelta = timedelta(days=30)
    late_cancel_block: timedelta = timedelta(days=7)
    holds: int = 2
    holds_a_device: int = 3
    holds_an_hour: int = 10
    hold_for: timedelta = timedelta(minutes=5)
    waitlist_size: int = 20
    accept_within: timedelta = timedelta(minutes=15)
    green_share: float = 0.0
    channel_shares: Mapping[str, float] = field(default_factory=dict)
    release_before: timedelta = timedelta(hours=2)
    asks_admission: bool = True

    def reserved(self, capacity: int) -> dict[str, int]:
        """Return how many places of a slot are kept for whom; parts are rounded down, all together fit."""
        shares = {**({"green": self.green_share} if self.green_share else {}), **self.channel_shares}
        kept = {name: int(capacity * share) for name, share in shares.items()}
        return {name: count for name, count in kept.items() if count}

    def window(self, calendar: PointCalendar, now: datetime) -> "BookingWindow":
        """Return what may be booked at a point now."""
        local = now.astimezone(CITY_ZONE)
        ahead = self.days_ahead if local.time() >= self.opens_at else self.days_ahead - 1
        last = _opening_day_after(calendar, local.date(), ahead)
        return BookingWindow(now + self.closes_before, _midnight(last + timedelta(days=1)))

    def opens_for(self, calendar: PointCalendar, day: date) -> datetime:
        """Return the moment at which slots of a day open: `days_ahead` opening days before, at `opens_at`."""
        first, step = day, timedelta(days=1)
        while day - first < FURTHEST_SEARCH:
            if _opening_day_after(calendar, first - step, self.days_ahead) < day:
                break
            first -= step
        return datetime.combine(first, self.opens_at, CITY_ZONE)


def _opening_day_after(calendar: PointCalendar, day: date, count: int) -> date:
    """Return the `count`-th opening day after a day; counting them lets people book Monday on a Friday."""
    first, left = day, count
    while left > 0 and day - first < FURTHEST_SEARCH:
        day += timedelta(days=1)
        left -= calendar.is_open_on(day)
    return day if count >= 0 else day - timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), CITY_ZONE)


@dataclass(frozen=True)
class BookingWindow:
    """What may be booked at a point now: slots that begin from `opens` on and before `closes`."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Terms:
    """The rule and calendar of one business group at one point."""

    rule: BookingRule
    calendar: PointCalendar

    def check_time(self, starts_at: datetime, now: datetime, window: BookingWindow | None = None) -> None:
        """Raise unless a slot that begins at `starts_at` may be booked now.

        Raises:
            BookingClosed: it begins too soon.
            NotOpenYet: it lies too far ahead.
        """
        if starts_at < now + self.rule.closes_before:
            raise BookingClosed(
                "该时段即将开始或已经开始，请选择稍后的时段",
                rule="closes_before",
                possible_at=None,
                earliest=_iso(now + self.rule.closes_before),
            )
        known = window or self.rule.window(self.calendar, now)
        if starts_at >= known.closes:
            day = starts_at.astimezone(CITY_ZONE).date()
            opens = self.rule.opens_for(self.calendar, day)
            raise NotOpenYet(f"该时段于 {_text(opens)} 开放预约", rule="days_ahead", possible_at=_iso(opens))

    def check_party(self, places: int) -> None:
        """Raise PartyTooLarge when a group booking is larger than the rule allows."""
        most = self.rule.largest_party
        if places > most:
            raise PartyTooLarge(
                f"一次最多预约 {most} 人，更多人请分次预约或联系网点",
                rule="largest_party",
                most=most,
                possible_at=None,
            )

    def check_reschedules(self, done: int) -> None:
        """Raise RescheduleLimit when the appointment was moved often enough."""
        if done >= self.rule.reschedules:
            raise RescheduleLimit(
                f"每个预约最多改约 {self.rule.reschedules} 次，可取消后重新预约",
                rule="reschedules",
                most=self.rule.reschedules,
                possible_at=None,
            )


@dataclass(frozen=True)
class Standing:
    """What is known of a person when they book: open appointment of the group, that day's, past conduct.

    `numbers` are those of the day's appointments, see `free_number`.
    """

    open_id: UUID | None = None
    open_starts_at: datetime | None = None
    on_day: int = 0
    no_shows: int = 0
    last_no_show_at: datetime | None = None
    late_cancels: int = 0
    last_late_cancel_at: datetime | None = None
    numbers: Sequence[int] = ()

    @property
    def free_number(self) -> int:
        """Return the lowest number that none of the person's appointments of the day has.

        Who books twice at the same moment finds the same one: the database lets only one of them have it, so
        `per_day` holds whatever happens at once.
        """
        return next(number for number in count(1) if number not in self.numbers)

    def without_open(self) -> "Standing":
        """Return the standing of one who moves the open appointment of the group."""
        return replace(self, open_id=None, open_starts_at=None)

    def check(self, rule: BookingRule, starts_at: datetime, now: datetime) -> None:
        """Raise the refusal of the first rule that stands against a booking at `starts_at`.

        Raises:
            NoShowBlock, LateCancelBlock, AlreadyBooked, DailyLimit: see there.
        """
        if self.last_no_show_at is not None and self.no_shows >= rule.no_shows:
            until = self.last_no_show_at + rule.no_show_block
            if now < until:
                raise NoShowBlock(
                    f"您近期有 {self.no_shows} 次爽约，{_text(until)} 起可再次预约；也可到现场取号办理",
                    rule="no_show_block",
                    count=self.no_shows,
                    possible_at=_iso(until),
                )
        if self.last_late_cancel_at is not None and self.late_cancels >= rule.late_cancels:
            until = self.last_late_cancel_at + rule.late_cancel_block
            if now < until:
                raise LateCancelBlock(
                    f"您近期有 {self.late_cancels} 次临期取消，{_text(until)} 起可再次预约",
                    rule="late_cancel_block",
                    count=self.late_cancels,
                    possible_at=_iso(until),
                )
        if self.open_id is not None:
            raise AlreadyBooked(
                ONE_OPEN_TEXT,
                rule="one_open_per_group",
                appointment_id=str(self.open_id),
                possible_at=_iso(self.open_starts_at) if self.open_starts_at else None,
            )
        if self.on_day >= rule.per_day:
            following = _midnight(starts_at.astimezone(CITY_ZONE).date() + timedelta(days=1))
            raise DailyLimit(
                f"每人每天最多 {rule.per_day} 个预约，请选择其他日期",
                rule="per_day",
                most=rule.per_day,
                possible_at=_iso(following),
            )


def _text(moment: datetime) -> str:
    return moment.astimezone(CITY_ZONE).strftime("%m月%d日 %H:%M")


def _iso(moment: datetime) -> str:
    return moment.astimezone(CITY_ZONE).isoformat()


@dataclass(frozen=True)
class Scope:
    """Where a layer of rules holds; what is None holds for all."""

    city: str
    point_kind: str | None = None
    service_point: str | None = None
    group: str | None = None

    @property
    def closeness(self) -> int:
        """Return how close the layer is: a point before a kind of points, with a group before without."""
        return (
            4 * (self.service_point is not None)
            + 2 * (self.point_kind is not None)
            + (self.group is not None)
        )

    def covers(self, city: str, point_kind: str, service_point: str, group: str) -> bool:
        """Return whether the layer holds for a group at a point."""
        wanted = (self.point_kind, self.service_point, self.group)
        return self.city == city and all(
            own is None or own == theirs
            for own, theirs in zip(wanted, (point_kind, service_point, group), strict=True)
        )


@dataclass(frozen=True)
class Layer:
    """Some values of a rule for a scope."""

    scope: Scope
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RuleRow:
    """A layer as staff see it."""

    id: UUID
    layer: Layer
    changed_by: str
    changed_at: datetime


def resolve(layers: Iterable[Layer]) -> BookingRule:
    """Return the rule that the layers make together."""
    merged: dict[str, Any] = {}
    for layer in sorted(layers, key=lambda layer: layer.scope.closeness):
        merged |= layer.values
    known = {item.name for item in fields(BookingRule)}
    return BookingRule(**{name: value for name, value in merged.items() if name in known})
