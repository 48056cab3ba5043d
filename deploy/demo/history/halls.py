"""The halls' last days in svc-booking: places booked, numbers drawn and served, each day closed."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from history.copying import copy_in, loading, rows_of
from history.courses import SEED, load
from history.office import AFTERNOON, EVENING, MORNING, NOON, at, dice_of, id_at
from history.people import ID_CARD, INHABITANTS, person
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import person_id
from lib_workdays import is_working_day
from svc_booking.appointment.domain import Appointment
from svc_booking.appointment.store import appointment
from svc_booking.database import AUDIT
from svc_booking.journal.domain import Entry, Step
from svc_booking.journal.store import journal_entry, journal_head
from svc_booking.queue_ticket.domain import (
    Errand,
    Place,
    Priority,
    QueueTicket,
    format_number,
    letter,
)
from svc_booking.queue_ticket.store import group_letter, queue_ticket, ticket_counter
from svc_booking.report.reading import report_now
from svc_booking.report.store import claim_day, fix_report
from svc_booking.settings import Settings
from svc_booking.slot.domain import place_class
from svc_booking.slot.store import slot

DAYS = 4
HALF_HOUR = timedelta(minutes=30)
CLOSED = time(18, 5)
# People a day, and minutes at the window, by kind of point.
VISITORS = {
    "city_hall": (1520, 3.7),
    "county_hall": (110, 9.0),
    "township_centre": (24, 9.0),
    "bank_outlet": (14, 9.0),
}
# The bank outlets that are connected (云叫号).
CONNECTED_OUTLETS = 4
BOOKED, GREEN, MISSED, CANCELLED = 0.6, 0.05, 0.035, 0.03
AROUND = timedelta(minutes=30)


async def load_halls(settings: Settings, key: bytes, last: date) -> int:
    """Write the halls' last days unless they are there; return how many numbers were drawn."""
    async with loading(settings.database_url, AUDIT, last) as year:
        if year.is_done:
            return 0
        days = working_days(last)
        halls = [Hall(point, key) for point in connected_points()]
        for hall in halls:
            for day in days:
                hall.play(day)
        await _write(year.session, halls)
        await _report(year.session, halls, days)
        year.rows = sum(len(hall.tickets) for hall in halls)
    return year.rows


def working_days(last: date) -> list[date]:
    """Return the last few working days up to a day."""
    found: list[date] = []
    day = last
    while len(found) < DAYS:
        if is_working_day(day):
            found.append(day)
        day -= timedelta(days=1)
    return found[::-1]


def connected_points() -> list[Mapping[str, Any]]:
    """Return the points that give numbers."""
    points = [point for point in load("service_points") if point["groups"] and point["kind"] in VISITORS]
    outlets = [point["code"] for point in points if point["kind"] == "bank_outlet"]
    return [point for point in points if point["code"] not in outlets[CONNECTED_OUTLETS:]]


async def _write(session: AsyncSession, halls: Sequence["Hall"]) -> None:
    known = {
        (row.service_point, row.group_code): row.letter for row in await session.execute(select(group_letter))
    }
    new = [
        row
        for hall in halls
        for row in hall.letter_rows()
        if (row["service_point"], row["group_code"]) not in known
    ]
    await copy_in(session, group_letter, new)
    await copy_in(session, slot, [row for hall in halls for row in hall.slots.values()])
    visits = [visit for hall in halls for visit in hall.appointments]
    await copy_in(session, appointment, rows_of(appointment, visits))
    tickets = [ticket for hall in halls for ticket in hall.tickets]
    await copy_in(session, queue_ticket, rows_of(queue_ticket, tickets))
    await copy_in(session, ticket_counter, [row for hall in halls for row in hall.counter_rows()])
    heads = [
        {"service_point": hall.code, "version": len(hall.entries), "closed_on": hall.closed_on}
        for hall in halls
    ]
    await copy_in(session, journal_head, heads)
    await copy_in(
        session, journal_entry, [row for hall in halls for row in rows_of(journal_entry, hall.entries)]
    )


async def _report(session: AsyncSession, halls: Sequence["Hall"], days: Sequence[date]) -> None:
    """Fix each day's report as closing the day does."""
    for hall in halls:
        for day in days:
            closed_at = at(day, CLOSED)
            await claim_day(session, hall.code, day, closed_at, None)
            report = await report_now(session, hall.code, day, closed_at)
            await fix_report(session, hall.code, day, report.model_dump(mode="json"))


@dataclass
class Hall:
    """One point, day after day."""

    point: Mapping[str, Any]
    key: bytes
    slots: dict[tuple[str, datetime], dict[str, Any]] = field(default_factory=dict)
    appointments: list[Appointment] = field(default_factory=list)
    tickets: list[QueueTicket] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    closed_on: date | None = None

    def __post_init__(self) -> None:
        self.code: str = self.point["code"]
        self._dice = dice_of(SEED, "hall", self.code)
        self._people = count(self._dice.randrange(INHABITANTS))
        codes = sorted(group["code"] for group in self.point["groups"])
        self._letters = {code: letter(place) for place, code in enumerate(codes)}
        self._counts: dict[tuple[str, date], int] = {}
        items: dict[str, list[str]] = {}
        for item in load("items"):
            items.setdefault(item["window_group"], []).append(item["code"])
        self._items = items

    def play(self, day: date) -> None:
        """Let a day pass."""
        today: list[QueueTicket] = []
        for group in self.point["groups"]:
            today += self._serve(group, sorted(self._arrivals(group, day), key=lambda one: one[0]))
        self.tickets += today
        self.entries += self._journal(day, today)
        self.closed_on = day

    def letter_rows(self) -> Iterator[dict[str, Any]]:
        """Return the letters of the point's groups."""
        for code, sign in self._letters.items():
            yield {"service_point": self.code, "group_code": code, "letter": sign}

    def counter_rows(self) -> Iterator[dict[str, Any]]:
        """Return the last numbers drawn."""
        for (sign, day), last in self._counts.items():
            yield {"service_point": self.code, "letter": sign, "day": day, "last": last}

    # -- who comes -------------------------------------------------------------------------------------------

    def _arrivals(self, group: Mapping[str, Any], day: date) -> Iterator[tuple[datetime, Appointment | None]]:
        """Return when people of a group come, with their appointments."""
        visitors, _ = VISITORS[self.point["kind"]]
        times = [*_halves(day, MORNING, NOON), *_halves(day, AFTERNOON, EVENING)]
        mean = visitors / len(self.point["groups"]) / len(times)
        for begin in times:
            people = int(mean + self._dice.random())
            for _ in range(people):
                latest = 26 if begin.time() >= time(16, 30) else 30
                come = begin + timedelta(minutes=self._dice.uniform(0, latest))
                booked = self._dice.random() < BOOKED
                yield come, self._book(group, begin) if booked else None
            for share, end in ((MISSED, "miss"), (CANCELLED, "cancel")):
                if self._dice.random() < share * people and (gone := self._book(group, begin)):
                    self._stay_away(gone, end)

    def _book(self, group: Mapping[str, Any], begin: datetime) -> Appointment | None:
        """Book a place on the day before, if one is left."""
        row = self.slots.setdefault((group["code"], begin), self._slot(group, begin))
        if row["taken"] >= row["capacity"]:
            return None
        row["taken"] += 1
        made = at(begin.date() - timedelta(days=1), time(8)) + timedelta(minutes=self._dice.uniform(0, 720))
        green = self._dice.random() < GREEN
        channel = self._dice.choice(("mobile", "mobile", "mobile", "pc", "kiosk"))
        item = self._dice.choice(self._items[group["code"]])
        found = Appointment(
            id=id_at(made, self._dice),
            slot_id=row["id"],
            person_id=self._person(),
            item_code=item,
            service_point=self.code,
            service_point_name=self.point["name"],
            group=group["code"],
            starts_at=begin,
            channel=channel,
            booked_at=made,
            item_codes=[item],
            place_class=place_class(channel, is_green=green),
            is_green=green,
        )
        self.appointments.append(found)
        return found

    def _stay_away(self, gone: Appointment, how: str) -> None:
        if how == "miss":
            gone.miss()
            return
        gone.cancel(gone.booked_at + timedelta(minutes=30), late_before=timedelta(hours=2))
        self.slots[gone.group, gone.starts_at]["taken"] -= 1

    def _slot(self, group: Mapping[str, Any], begin: datetime) -> dict[str, Any]:
        return {
            "id": id_at(begin - timedelta(days=2), self._dice),
            "service_point": self.code,
            "group_code": group["code"],
            "starts_at": begin,
            "capacity": group["capacity"],
            "taken": 0,
        }

    # -- how they are served ---------------------------------------------------------------------------------

    def _serve(
        self, group: Mapping[str, Any], arrivals: Sequence[tuple[datetime, Appointment | None]]
    ) -> list[QueueTicket]:
        """Draw numbers and call them: whenever a window is free, the smallest rank."""
        tickets = [self._draw(group, come, visit) for come, visit in arrivals]
        visits = {ticket.id: visit for ticket, (_, visit) in zip(tickets, arrivals, strict=True)}
        if not tickets:
            return []
        free = [(at(tickets[0].day, MORNING), window) for window in group["windows"]]
        heapq.heapify(free)
        waiting: list[tuple[datetime, int, QueueTicket]] = []
        place = 0
        while waiting or place < len(tickets):
            now, window = heapq.heappop(free)
            if not waiting:
                now = max(now, tickets[place].drawn_at + timedelta(seconds=5))
            while place < len(tickets) and tickets[place].drawn_at <= now:
                heapq.heappush(waiting, (tickets[place].rank_at, place, tickets[place]))
                place += 1
            _, _, ticket = heapq.heappop(waiting)
            now = max(now, ticket.drawn_at + timedelta(seconds=1))  # A window may have been idle for long.
            heapq.heappush(free, (self._at_window(ticket, window, now), window))
            if (visit := visits[ticket.id]) is not None:
                visit.complete()
        return tickets

    def _draw(self, group: Mapping[str, Any], come: datetime, visit: Appointment | None) -> QueueTicket:
        sign = self._letters[group["code"]]
        key = sign, come.date()
        self._counts[key] = self._counts.get(key, 0) + 1
        item = visit.item_code if visit else self._dice.choice(self._items[group["code"]])
        green = visit.is_green if visit else self._dice.random() < GREEN
        priority = Priority.GREEN if green else Priority.BOOKED if visit else Priority.WALK_IN
        if visit is not None:
            visit.check_in(self.code, come, early=AROUND, late=AROUND)
        who = visit.person_id if visit else self._person()
        found = QueueTicket.draw(
            format_number(sign, self._counts[key]),
            Place(self.code, self.point["name"], group["code"]),
            Errand(who, (item,), priority, visit.id if visit else None),
            come,
        )
        found.id = id_at(come, self._dice)
        return found

    def _at_window(self, ticket: QueueTicket, window: str, now: datetime) -> datetime:
        """Call, start and finish; return when the window is free."""
        _, minutes = VISITORS[self.point["kind"]]
        ticket.call(window, now)
        began = now + timedelta(seconds=self._dice.uniform(8, 35))
        ticket.start(began)
        done = began + timedelta(minutes=minutes * self._dice.uniform(0.4, 1.6))
        ticket.finish(done)
        return done

    def _journal(self, day: date, tickets: Sequence[QueueTicket]) -> list[Entry]:
        """Return the day's entries in their order, numbered on."""
        steps: list[tuple[datetime, int, Step, QueueTicket]] = []
        for ticket in tickets:
            moments = (ticket.drawn_at, ticket.called_at, ticket.started_at, ticket.finished_at)
            kinds = (Step.DRAWN, Step.CALLED, Step.STARTED, Step.FINISHED)
            for order, (moment, kind) in enumerate(zip(moments, kinds, strict=True)):
                if moment is not None:
                    steps.append((moment, order, kind, ticket))
        steps.sort(key=lambda step: (step[0], step[1]))
        version, waiting = len(self.entries), dict.fromkeys(self._letters, 0)
        found: list[Entry] = []
        for moment, _, kind, ticket in steps:
            version += 1
            waiting[ticket.group] += {Step.DRAWN: 1, Step.CALLED: -1}.get(kind, 0)
            found.append(self._entry(version, moment, kind, ticket, waiting[ticket.group]))
        over = dict.fromkeys(self._letters, 0)
        found.append(Entry(Step.DAY_CLOSED, at(day, CLOSED), self.code, waiting=over, version=version + 1))
        return found

    def _entry(self, version: int, moment: datetime, kind: Step, ticket: QueueTicket, waiting: int) -> Entry:
        at_window = kind is not Step.DRAWN
        return Entry(
            kind,
            moment,
            self.code,
            actor=f"s_clerk_{self.code}" if at_window else None,
            ticket_id=ticket.id,
            number=ticket.number,
            group=ticket.group,
            window=ticket.window if at_window else None,
            turn=1 if kind is Step.CALLED else None,
            waiting={ticket.group: waiting},
            version=version,
        )

    def _person(self) -> str:
        return person_id(self.key, ID_CARD, person(next(self._people) % INHABITANTS).number)


def _halves(day: date, begin: time, end: time) -> Iterator[datetime]:
    moment = at(day, begin)
    while moment < at(day, end):
        yield moment
        moment += HALF_HOUR
