"""One working day as a sequence of events in the order of their times."""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from itertools import count
from typing import Any

from simulation.halls import CITY_HALL, Halls, Refused
from simulation.people import MORNING, City, Person

from lib_kernel import CITY_ZONE

Act = Callable[[], Awaitable[None]]
LAST_CALL = time(18, 30)


@dataclass
class Outcome:
    """What came of a day: the service's own reports, and what people did."""

    reports: list[dict[str, Any]]
    kinds: dict[str, str]
    choices: Counter[str]
    requests: int

    def of(self, code: str) -> dict[str, Any] | None:
        """Return a point's report, if anybody came."""
        return next((report for report in self.reports if report["service_point"] == code), None)

    def visitors_by_kind(self) -> Counter[str]:
        """Return how many people came to each kind of point."""
        found: Counter[str] = Counter()
        for report in self.reports:
            found[self.kinds[report["service_point"]]] += report["visitors"]
        return found

    def mean_wait(self, kind: str | None = None) -> float | None:
        """Return the mean wait in minutes over all points, or those of a kind, weighted by people."""
        waits = [
            (report["wait"]["count"], report["wait"]["mean"])
            for report in self.reports
            if report["wait"]["count"] and kind in (None, self.kinds[report["service_point"]])
        ]
        people = sum(number for number, _ in waits)
        return sum(number * mean for number, mean in waits) / people if people else None


@dataclass
class Day:
    """Plays a day on the API. With `booking`, people book the evening before and follow what is offered."""

    halls: Halls
    city: City
    booking: bool
    _agenda: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _order: Any = field(default_factory=count)
    _idle: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    choices: Counter[str] = field(default_factory=Counter)

    @property
    def day(self) -> date:
        """Return the day."""
        return self.city.day

    async def play(self, people: list[Person]) -> Outcome:
        """Play the day to its end and return what came of it."""
        self._idle = {
            (hall.code, group): list(windows)
            for hall in self.halls.halls.values()
            for group, windows in hall.windows.items()
        }
        for person in people:
            if self.booking and self.city.happens(self.city.habits.books):
                self._at(self.city.booking_time(), partial(self._look_for_a_place, person))
            else:
                self._comes_without_a_place(person)
        while self._agenda:
            moment, _, act = heapq.heappop(self._agenda)
            self.halls.clock.set(max(moment, self.halls.clock.now()))
            await act()
        self.halls.clock.set(datetime.combine(self.day, time(20), CITY_ZONE))
        await self.halls.end_day()
        kinds = {hall.code: hall.kind for hall in self.halls.halls.values()}
        return Outcome(await self.halls.reports(self.day), kinds, self.choices, self.halls.requests)

    def _at(self, moment: datetime, act: Act) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), act))

    # -- the evening before --------------------------------------------------------------------------------

    async def _look_for_a_place(self, person: Person) -> None:
        near = self.halls.near(person.home, person.group)
        places = [CITY_HALL]
        if near and self.city.looks_near_home_first(person):
            places = [self.city.choose(near), CITY_HALL]
        for place in places:
            if await self._book_at(place, person):
                return
        if near and self.city.happens(self.city.habits.looks_near_home_after_all):
            for place in near[:2]:
                if await self._book_at(place, person):
                    return
        if self.city.happens(self.city.habits.walks_in_anyway):
            self._comes_without_a_place(person)
        else:
            self.choices["another day or online"] += 1

    async def _book_at(self, code: str, person: Person) -> bool:
        """Book the half hour nearest to what the person wants, or what is offered instead of it."""
        slots = await self.halls.free_slots(code, person.group, self.day)
        if not slots:
            return False
        wanted = min(slots, key=lambda slot: abs(slot["starts_at"] - person.wants_at))
        try:
            booked = await self.halls.book(person.id, wanted["slot_id"])
        except Refused as refused:
            if refused.body["type"] != "/problems/slot-full":
                raise
            return await self._take_an_offer(person, code, refused.body["alternatives"])
        self._will_come(person, booked)
        self.choices["booked as wanted"] += 1
        return True

    async def _take_an_offer(self, person: Person, wanted: str, offers: list[dict[str, Any]]) -> bool:
        for offer in offers:
            hall = self.halls.halls.get(offer["service_point"])
            same = offer["service_point"] == wanted
            if hall is None or not self.city.takes(person, hall.division, is_same_hall=same):
                continue
            try:
                booked = await self.halls.book(person.id, offer["slot_id"])
            except Refused:
                continue  # Somebody was faster.
            self._will_come(person, booked)
            self.choices["took another time" if same else "took another place"] += 1
            return True
        return False

    def _will_come(self, person: Person, booked: dict[str, Any]) -> None:
        if self.city.happens(self.city.habits.misses):
            self.choices["did not come"] += 1
            return
        opens = datetime.combine(self.day, MORNING[0], CITY_ZONE)
        comes = max(self.city.arrival_for(datetime.fromisoformat(booked["starts_at"])), opens)
        self._at(comes, lambda: self._checks_in(person, booked["service_point"]))

    def _comes_without_a_place(self, person: Person) -> None:
        self.choices["walked in"] += 1
        self._at(person.wants_at, lambda: self._draws(person))

    # -- in the hall ---------------------------------------------------------------------------------------

    async def _checks_in(self, person: Person, code: str) -> None:
        ticket = await self.halls.check_in(person.id, code)
        await self._wake(code, ticket["group"])

    async def _draws(self, person: Person) -> None:
        await self.halls.draw(person.id, CITY_HALL, person.group, is_green=person.is_elderly)
        await self._wake(CITY_HALL, person.group)

    async def _wake(self, code: str, group: str) -> None:
        if idle := self._idle[code, group]:
            await self._window_calls(code, group, idle.pop())

    async def _window_calls(self, code: str, group: str, window: str) -> None:
        """Call, serve, finish, call again; at lunch and in the evening until those who came are served."""
        now = self.halls.clock.now()
        is_late = now.astimezone(CITY_ZONE).time() > LAST_CALL
        ticket = None if is_late else await self.halls.call(code, window)
        if ticket is None:
            self._idle[code, group].append(window)
            return
        begins = now + self.city.way_to_window()
        ends = begins + self.city.service_time()

        async def start() -> None:
            await self.halls.step(code, ticket["id"], "start")

        async def finish() -> None:
            await self.halls.step(code, ticket["id"], "finish")
            await self._window_calls(code, group, window)

        self._at(begins, start)
        self._at(ends, finish)
