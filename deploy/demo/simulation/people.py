"""Who comes, from where, when, and what they do when a place is full: all chance, from one seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from lib_kernel import CITY_ZONE

# Where those live who come to the city's hall today, by division (share of visitors; assumed).
HOMES = {
    "410402000000": 0.22,
    "410403000000": 0.20,
    "410411000000": 0.16,
    "410404000000": 0.02,
    "410422000000": 0.12,
    "410421000000": 0.08,
    "410423000000": 0.08,
    "410425000000": 0.05,
    "410481000000": 0.03,
    "410482000000": 0.04,
}
URBAN = frozenset({"410402000000", "410403000000", "410404000000", "410411000000"})
# What they come for, by business group (share of visitors; assumed).
ERRANDS = {
    "social": 0.16,
    "medical": 0.14,
    "real_estate": 0.14,
    "business": 0.12,
    "tax": 0.12,
    "fund": 0.10,
    "comprehensive": 0.10,
    "traffic": 0.08,
    "engineering": 0.04,
}
ELDERLY = 0.05
MORNING = (time(9), time(12))
AFTERNOON = (time(13, 30), time(17))
USUAL_SERVICE_MINUTES = 7.0


@dataclass(frozen=True)
class Habits:
    """How people behave once the city offers booking and other places; each is a probability."""

    books: float = 0.88
    looks_near_home_first: float = 0.45
    looks_near_home_first_in_county: float = 0.65
    takes_near_home: float = 0.8
    takes_other_urban: float = 0.45
    takes_far_away: float = 0.05
    takes_other_time: float = 0.5
    looks_near_home_after_all: float = 0.7
    walks_in_anyway: float = 0.35
    misses: float = 0.06


@dataclass(frozen=True)
class Person:
    """One visitor of a day. `wants_at` is when they would like to come."""

    id: str
    home: str
    group: str
    is_elderly: bool
    wants_at: datetime

    @property
    def is_urban(self) -> bool:
        """Return whether they live in one of the city's districts."""
        return self.home in URBAN


class City:
    """Makes people and their decisions."""

    def __init__(self, day: date, seed: int, habits: Habits) -> None:
        self.day = day
        self.habits = habits
        self._dice = random.Random(seed)  # noqa: S311 - a simulation, no secret

    def people(self, count: int) -> list[Person]:
        """Return the visitors of a day."""
        return [
            Person(
                id=f"p_{number:05d}",
                home=self._one_of(HOMES),
                group=self._one_of(ERRANDS),
                is_elderly=self.happens(ELDERLY),
                wants_at=self._wish(),
            )
            for number in range(count)
        ]

    def happens(self, probability: float) -> bool:
        """Return whether something of this probability happens."""
        return self._dice.random() < probability

    def choose(self, options: Sequence[str]) -> str:
        """Return one of equal options."""
        return self._dice.choice(options)

    def service_time(self) -> timedelta:
        """Return how long a window needs for one person: mostly a few minutes, sometimes very long."""
        minutes = self._dice.lognormvariate(0, 0.5) * USUAL_SERVICE_MINUTES / 1.133
        return timedelta(minutes=min(max(minutes, 1.0), 45.0))

    def way_to_window(self) -> timedelta:
        """Return how long a called person needs to the window."""
        return timedelta(seconds=self._dice.uniform(10, 40))

    def arrival_for(self, starts_at: datetime) -> datetime:
        """Return when a person with a place comes: mostly ten minutes early, some late."""
        return starts_at + timedelta(minutes=self._dice.gauss(-10, 9))

    def booking_time(self) -> datetime:
        """Return when a person books: most in the evening before."""
        evening = datetime.combine(self.day - timedelta(days=1), time(18), CITY_ZONE)
        return evening + timedelta(minutes=self._dice.uniform(0, 240))

    def takes(self, person: Person, division: str, *, is_same_hall: bool) -> bool:
        """Return whether a person takes a place that is offered instead of the one they wanted."""
        habits = self.habits
        if is_same_hall:
            return self.happens(habits.takes_other_time)
        if division == person.home:
            return self.happens(habits.takes_near_home)
        if person.is_urban and division in URBAN:
            return self.happens(habits.takes_other_urban)
        return self.happens(habits.takes_far_away)

    def looks_near_home_first(self, person: Person) -> bool:
        """Return whether a person looks for a place near home before the city's hall."""
        habits = self.habits
        urban, county = habits.looks_near_home_first, habits.looks_near_home_first_in_county
        return self.happens(urban if person.is_urban else county)

    def _one_of(self, shares: Mapping[str, float]) -> str:
        return self._dice.choices(list(shares), weights=list(shares.values()))[0]

    def _wish(self) -> datetime:
        """Return a time at which the hall is open: a peak in the morning, a lower one after lunch."""
        while True:
            if self.happens(0.68):
                minutes, (opens, closes) = self._dice.gauss(9 * 60 + 45, 42), MORNING
            else:
                minutes, (opens, closes) = self._dice.gauss(14 * 60 + 40, 55), AFTERNOON
            moment = datetime.combine(self.day, time(0), CITY_ZONE) + timedelta(minutes=minutes)
            if opens <= moment.timetz().replace(tzinfo=None) < closes:
                return moment
