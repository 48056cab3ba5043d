"""A year of applications as they went, from the city's data files and dice: the same for the same last day.

What each service keeps of them is made from this by each service's own loader, so that they agree.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from history.office import Office, at, dice_of, id_at
from history.people import INHABITANTS, Person, person

from lib_kernel import CITY_ZONE, LicenseNumber

CITY = Path(__file__).parents[1] / "city"
SEED = 410400
CASES = 8_000
YEAR = 365
BANK = "psbc-demo"
BUNDLE = "open-restaurant"
BUNDLES = 110
# Whoever has a business licence already and opens a small place: two departments, no licence comes out.
ANSWERS = {
    "entity": "existing",
    "size": "small",
    "place": "rent",
    "extras": ["signboard"],
    "agent": "self",
}
MONTHS = (0.8, 0.6, 1.15, 1.1, 1.05, 1.1, 1.0, 0.95, 1.1, 0.9, 1.1, 1.05)


class End(StrEnum):
    """How an application ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Way(StrEnum):
    """How the result went."""

    ELECTRONIC = "electronic"
    PICKUP = "pickup"
    POST = "post"


@dataclass(frozen=True)
class Thing:
    """What is applied for."""

    code: str
    name: str
    department: str
    channels: frozenset[str]
    promised_days: int
    license_type: str | None
    weight: float
    is_bundle: bool = False


@dataclass(frozen=True)
class Licence:
    """A licence that came out of an application."""

    id: UUID
    number: str
    issued_at: datetime


@dataclass(frozen=True)
class Course:
    """How one application went. Moments that did not come are None."""

    id: UUID
    person: Person
    thing: Thing
    channel: str
    service_point: str
    conveniences: tuple[str, ...]
    way: Way
    end: End
    submitted_at: datetime
    asked_at: datetime | None
    supplemented_at: datetime | None
    accepted_at: datetime | None
    decided_at: tuple[datetime, ...]
    ended_at: datetime
    licence: Licence | None = None

    @property
    def is_at_window(self) -> bool:
        """Return whether a clerk handed it in for the person."""
        return self.channel == "staff"

    @property
    def partner(self) -> str | None:
        """Return the bank at which it was done."""
        return BANK if self.channel == "bank" else None


@cache
def load(name: str) -> list[dict[str, Any]]:
    """Return the records of one of the city's files."""
    records: list[dict[str, Any]] = json.loads((CITY / f"{name}.json").read_text(encoding="utf-8"))
    return records


def things() -> list[Thing]:
    """Return what can be applied for; few items make most of the cases."""
    dice = dice_of(SEED)
    found = []
    for item in load("items"):
        popularity = min(dice.paretovariate(1.1), 30.0) * (3 if item["high_frequency"] else 1)
        # People come for themselves far more often than enterprises do, and mostly for what is done at once.
        rarity = (1 if "person" in item["audience"] else 0.25) * (
            1 if item["case_type"] == "instant" else 0.5
        )
        found.append(
            Thing(
                item["code"],
                item["name"],
                item["department"],
                frozenset(item["channels"]),
                item["promised_days"],
                item["result_license_type"],
                popularity * rarity,
            )
        )
    return found


def bundle() -> Thing:
    """Return the bundle (一件事) that some apply for."""
    record = next(record for record in load("bundles") if record["code"] == BUNDLE)
    lead = record["lead_department"]
    return Thing(BUNDLE, record["name"], lead, frozenset({"pc", "mobile"}), 9, None, 0, is_bundle=True)


def courses(last: date) -> list[Course]:
    """Return the year's applications up to the end of a day, in the order of their submission."""
    dice = dice_of(SEED, last)
    first = last - timedelta(days=YEAR - 1)
    writer = _Writer(dice, Office(first, last, dice), [point["code"] for point in _halls()])
    offered = things()
    chosen = dice.choices(offered, [thing.weight for thing in offered], k=CASES - BUNDLES)
    chosen += [bundle()] * BUNDLES
    days = [first + timedelta(days=step) for step in range(YEAR)]
    weights = [MONTHS[day.month - 1] * (0.55 if day.weekday() >= 5 else 1) for day in days]
    over = at(last + timedelta(days=1), clock_time(0))
    made = (
        writer.course(thing, day)
        for thing, day in zip(chosen, dice.choices(days, weights, k=CASES), strict=True)
    )
    done = sorted((one for one in made if one.ended_at < over), key=lambda one: (one.submitted_at, one.id))
    return list(_with_numbers(done))


def _halls() -> Sequence[dict[str, Any]]:
    return [point for point in load("service_points") if point["kind"] in {"city_hall", "county_hall"}]


def _with_numbers(done: Sequence[Course]) -> Iterator[Course]:
    """Number the licences in the order of their issue, as their issuers would have."""
    issuers = {record["code"]: record["issuer_department"] for record in load("license_types")}
    counted: dict[tuple[str, int], int] = {}
    numbers: dict[UUID, str] = {}
    licensed = [(one.licence, one.thing.license_type) for one in done]
    for licence, kind in sorted(
        ((licence, kind) for licence, kind in licensed if licence and kind),
        key=lambda pair: pair[0].issued_at,
    ):
        key = issuers[kind], licence.issued_at.astimezone(CITY_ZONE).year
        counted[key] = counted.get(key, 0) + 1
        numbers[licence.id] = LicenseNumber(kind, key[0], f"{key[1]}{counted[key]:07d}").text
    for one in done:
        known = one.licence
        yield replace(one, licence=replace(known, number=numbers[known.id])) if known else one


class _Writer:
    """Writes courses by dice."""

    def __init__(self, dice: Random, office: Office, halls: Sequence[str]) -> None:
        self._dice = dice
        self._office = office
        self._halls = halls

    def course(self, thing: Thing, day: date) -> Course:
        """Return how an application of a day went."""
        who = person(self._dice.randrange(INHABITANTS))
        channel = self._channel(thing)
        handed_in = self._handed_in(channel, day)
        asked, given, whole = None, None, handed_in
        if self._dice.random() < (0.02 if channel == "staff" else 0.06):
            asked = self._office.moment(handed_in, self._dice.choice((0, 0, 1)))
            given = whole = asked + timedelta(hours=self._dice.uniform(3, 60))
        at_once = channel == "staff" and asked is None
        minutes = timedelta(minutes=self._dice.uniform(2, 9))
        looked_at = (
            whole + minutes if at_once else self._office.moment(whole, self._dice.choice((0, 0, 0, 1)))
        )
        end, way = self._end(thing), self._way(thing)
        accepted = None if end in {End.REJECTED, End.WITHDRAWN} else looked_at
        decided = self._decided(thing, looked_at) if accepted else ()
        ended, licence = decided[-1] if decided else looked_at, None
        if end is End.DELIVERED and thing.license_type:
            issued = ended + timedelta(seconds=self._dice.uniform(4, 40))
            licence = Licence(id_at(ended, self._dice), "", issued)
            ended = issued
        if end is End.DELIVERED and way is not Way.ELECTRONIC:
            ended = self._office.moment(ended, self._dice.choice((1, 2, 3)))
        return Course(
            id=id_at(handed_in, self._dice),
            person=who,
            thing=thing,
            channel=channel,
            service_point=self._hall(who),
            conveniences=self._conveniences(channel),
            way=way,
            end=end,
            submitted_at=handed_in,
            asked_at=asked,
            supplemented_at=given,
            accepted_at=accepted,
            decided_at=decided,
            ended_at=ended,
            licence=licence,
        )

    def _channel(self, thing: Thing) -> str:
        wanted = self._dice.choices(("mobile", "pc", "staff", "kiosk", "bank"), (50, 17, 21, 8, 4))[0]
        offers = {"kiosk": "kiosk", "bank": "bank_window"}
        return wanted if wanted not in offers or offers[wanted] in thing.channels else "mobile"

    def _handed_in(self, channel: str, day: date) -> datetime:
        if channel == "staff":
            return self._office.moment(at(day, clock_time(0)))
        hour = self._dice.choices(range(7, 23), (2, 5, 9, 10, 9, 5, 5, 8, 9, 8, 6, 5, 6, 7, 6, 3))[0]
        return at(day, clock_time(hour)) + timedelta(seconds=self._dice.uniform(0, 3599))

    def _hall(self, who: Person) -> str:
        own = f"{who.division}-HALL"
        return own if own in self._halls and self._dice.random() < 0.6 else "410400-HALL"

    def _conveniences(self, channel: str) -> tuple[str, ...]:
        if channel != "staff":
            return ()
        shares = {"green_channel": 0.2, "free_copies": 0.25, "extended_hours": 0.06, "home_visit": 0.03}
        return tuple(sorted(name for name, share in shares.items() if self._dice.random() < share))

    def _end(self, thing: Thing) -> End:
        refused = 0.002 if thing.promised_days == 0 else 0.02
        weights = (1 - refused - 0.022, refused, 0.01, 0.012)
        return self._dice.choices(tuple(End), weights)[0]

    def _way(self, thing: Thing) -> Way:
        return self._dice.choices(tuple(Way), (88, 7, 5))[0]

    def _decided(self, thing: Thing, accepted: datetime) -> tuple[datetime, ...]:
        if thing.is_bundle:
            first = self._office.moment(accepted, self._dice.choice((1, 2)))
            return first, self._office.moment(first, self._dice.choice((0, 1, 2)))
        if thing.promised_days == 0:
            return (accepted + timedelta(minutes=self._dice.uniform(4, 45)),)
        luck = self._dice.random()
        if luck < 0.004:
            days = thing.promised_days + self._dice.choice((1, 1, 2))
        elif luck < 0.03:
            days = thing.promised_days
        else:
            days = self._dice.choice((1, 1, 2, 2, 2, 3))
        return (self._office.moment(accepted, days),)
