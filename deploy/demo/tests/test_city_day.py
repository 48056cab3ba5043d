"""The simulated day on the real service: people are neither lost nor doubled, and booking spreads them."""

from collections.abc import AsyncGenerator
from datetime import date, datetime
from pathlib import Path

import pytest_asyncio
from simulation.day import Day, Outcome
from simulation.halls import CITY_HALL, open_halls
from simulation.people import AFTERNOON, MORNING, City, Habits

from lib_kernel import CITY_ZONE, new_id
from lib_local.servers import drop_database

DAY = date(2026, 3, 4)
EVENING_BEFORE = datetime(2026, 3, 3, 17, 30, tzinfo=CITY_ZONE)
PEOPLE = 60
DIVISIONS = ("410400000000", "410402000000", "410422000000")  # The city's hall, a district, a county.
SCALE = 12  # Places are scarce for so few people in a small city, so that some are full.


@pytest_asyncio.fixture
async def played(tmp_path: Path) -> AsyncGenerator[dict[bool, Outcome]]:
    """Return what came of the day without and with booking."""
    from lib_testing import _databases

    server, outcomes, names = _databases.server(), {}, []
    for booking in (False, True):
        names.append(f"sim_{new_id().hex}")
        city = City(DAY, 7, Habits())
        people = city.people(PEOPLE)
        async with open_halls(server, names[-1], tmp_path, SCALE, EVENING_BEFORE, DIVISIONS) as halls:
            outcomes[booking] = await Day(halls, city, booking).play(people)
    yield outcomes
    for name in names:
        await drop_database(server.url(), name)


async def test_everybody_is_accounted_for_and_booking_spreads_them(played: dict[bool, Outcome]) -> None:
    before, after = played[False], played[True]
    assert dict(before.visitors_by_kind()) == {"city_hall": PEOPLE}
    visitors, choices = after.visitors_by_kind(), after.choices
    gave_up = choices["another day or online"] + choices["did not come"]
    assert sum(visitors.values()) + gave_up == PEOPLE
    assert 0 < visitors["city_hall"] < PEOPLE
    for outcome in (before, after):
        for report in outcome.reports:
            assert report["closed_at"] is not None
            assert report["finished"] + report["unserved"] == report["drawn"] == report["visitors"]
    hall = after.of(CITY_HALL)
    assert hall is not None
    assert hall["with_appointment"] > 0
    missed = sum(report["bookings"]["no_show"] for report in after.reports)
    assert missed >= choices["did not come"]


def test_the_same_seed_gives_the_same_people_who_come_while_the_hall_is_open() -> None:
    people = City(DAY, 1, Habits()).people(300)
    assert people == City(DAY, 1, Habits()).people(300)
    assert people != City(DAY, 2, Habits()).people(300)
    for person in people:
        clock = person.wants_at.time()
        assert MORNING[0] <= clock < MORNING[1] or AFTERNOON[0] <= clock < AFTERNOON[1]
    mornings = sum(person.wants_at.time() < MORNING[1] for person in people)
    assert mornings > len(people) / 2
