"""The demo city's year: valid to the last row, over before today, the same for the same day, written once."""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from history.applications import load_applications
from history.courses import Course, End, courses
from history.halls import DAYS, load_halls, working_days
from history.licences import load_licences
from history.office import Office, dice_of
from history.people import INHABITANTS, person
from history.ratings import load_ratings
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import verify_chain
from lib_db import make_engine, make_sessions
from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, LicenseNumber, is_citizen_id
from lib_testing import field_keys_file
from lib_workdays import is_working_day

CITY = Path(__file__).parents[1] / "city"
LAST = date(2026, 11, 24)
OVER = datetime(2026, 11, 25, tzinfo=CITY_ZONE)
KEY = b"3" * 32

MakeDatabase = Callable[[Path], Awaitable[str]]


@pytest.fixture(scope="module")
def year() -> list[Course]:
    """Return the year's applications."""
    return courses(LAST)


def test_the_inhabitants_numbers_are_well_formed_different_and_nobodys() -> None:
    numbers = [person(order).number for order in range(INHABITANTS)]
    assert len(set(numbers)) == INHABITANTS
    assert all(is_citizen_id(number) for number in numbers)
    assert {number[14:17] for number in numbers} == {"000"}


@pytest.mark.parametrize("days", [0, 1, 5])
def test_an_office_answers_later_and_in_its_hours(days: int) -> None:
    office = Office(date(2026, 1, 1), date(2026, 3, 1), dice_of("office"))
    for hour in range(24 * 40):
        asked = datetime(2026, 1, 2, tzinfo=CITY_ZONE) + timedelta(hours=hour)
        answered = office.moment(asked, days)
        assert answered > asked
        assert is_working_day(answered.date())
        assert 9 <= answered.hour < 17


def test_the_year_is_the_same_for_the_same_day(year: list[Course]) -> None:
    assert courses(LAST) == year
    assert len({one.id for one in year}) == len(year)


def test_everything_goes_forward_and_ends_before_today(year: list[Course]) -> None:
    for one in year:
        moments = [one.submitted_at, one.asked_at, one.supplemented_at, one.accepted_at, *one.decided_at]
        known = [moment for moment in (*moments, one.ended_at) if moment is not None]
        assert known == sorted(known)
        assert known[-1] < OVER
        assert (one.accepted_at is None) == (one.end in {End.REJECTED, End.WITHDRAWN})


def test_licences_are_numbered_without_gaps(year: list[Course]) -> None:
    numbers = [one.licence.number for one in year if one.licence is not None]
    assert len(set(numbers)) == len(numbers) > 400
    assert all(numbers)


@asynccontextmanager
async def read(url: str) -> AsyncGenerator[AsyncSession]:
    """Yield a session for reading what was written."""
    engine = make_engine(url)
    async with make_sessions(engine)() as session:
        yield session
    await engine.dispose()


async def counted(session: AsyncSession, table: Table, column: str) -> Counter[Any]:
    """Return how many rows have each value of a column."""
    rows = await session.execute(select(table.c[column], func.count()).group_by(table.c[column]))
    return Counter({value: count for value, count in rows})


def settings(url: str, folder: Path, **more: Any) -> dict[str, Any]:
    """Return what the settings of every service have in common."""
    return {
        "database_url": url,
        "nats_url": "nats://127.0.0.1:1",
        "internal_keys_file": folder / "internal.json",
        "internal_signing_key_file": folder / "signing.pem",
        **more,
    }


async def test_applications_have_ended_and_add_up(
    make_database: MakeDatabase, tmp_path: Path, year: list[Course]
) -> None:
    from svc_catalog.application.domain import OPEN, Status
    from svc_catalog.application.form import check_form
    from svc_catalog.application.plan import plan_of_item
    from svc_catalog.application.store import application
    from svc_catalog.application.submitting import FORM
    from svc_catalog.database import AUDIT
    from svc_catalog.indicator.store import application_indicators
    from svc_catalog.seed import seed
    from svc_catalog.service import MIGRATIONS
    from svc_catalog.settings import Settings
    from svc_catalog.task.store import task

    url, keys = await make_database(MIGRATIONS), field_keys_file(tmp_path)
    await seed(url, CITY)
    chosen = Settings(**settings(url, tmp_path, field_keys_file=keys))
    assert await load_applications(chosen, KEY, LAST) == len(year)
    assert await load_applications(chosen, KEY, LAST + timedelta(days=1)) == 0
    async with read(url) as session:
        statuses = await counted(session, application, "status")
        assert not statuses.keys() & OPEN
        assert statuses[Status.DELIVERED] == sum(one.end is End.DELIVERED for one in year)
        assert (await counted(session, task, "status")).keys() <= {"approved", "refused", "cancelled"}
        found = {each.code: each for each in await application_indicators(session, 2026, 5_048_000)}
        assert 0.99 < found["on_time_share"].value < 1
        assert 0 < found["red_cards"].value < found["yellow_cards"].value
        assert found["green_channel_services"].value > 100
        assert (await verify_chain(session, AUDIT)).is_whole
        cipher = FieldCipher.from_file(keys)
        plans = {item["code"]: plan_of_item(item, 1) for item in _records("items")}
        rows = await session.execute(select(application.c.item_code, application.c.form))
        for code, form in rows:
            if code in plans:
                check_form(plans[code].form, _json(cipher.decrypt(form, context=FORM)))


async def test_licences_are_those_of_the_applications(
    make_database: MakeDatabase, tmp_path: Path, year: list[Course]
) -> None:
    from svc_license.license.store import LicenseStore, license_table
    from svc_license.seed import seed
    from svc_license.service import MIGRATIONS
    from svc_license.settings import Settings

    url, keys = await make_database(MIGRATIONS), field_keys_file(tmp_path)
    await seed(url, CITY)
    key = tmp_path / "person-id.key"
    key.write_bytes(KEY)
    more: Mapping[str, Any] = {
        "field_keys_file": keys,
        "person_id_key_file": key,
        "files_url": f"file://{tmp_path}",
    }
    chosen = Settings(**settings(url, tmp_path, **more))
    written = await load_licences(chosen, KEY, LAST)
    assert await load_licences(chosen, KEY, LAST) == 0
    wanted = {(one.id, one.licence.number) for one in year if one.licence is not None}
    async with read(url) as session:
        rows = await session.execute(select(license_table.c.application_id, license_table.c.number))
        assert {(row.application_id, row.number) for row in rows} == wanted
        assert written == len(wanted)
        # Nothing waits to be made, and the next number of an issuer follows the last one.
        assert await LicenseStore(session).claim(OVER, OVER) is None
        assert await LicenseStore(session).claim_undrawn(OVER, OVER) is None
        known = [LicenseNumber.parse(number) for _, number in wanted]
        issuer = known[0].issuer
        used = {number.serial for number in known if number.issuer == issuer}
        serial = await LicenseStore(session).next_serial(issuer, 2026)
        assert int(serial) == max(int(text) for text in used if text.startswith("2026")) + 1


async def test_ratings_and_complaints_are_settled(
    make_database: MakeDatabase, tmp_path: Path, year: list[Course]
) -> None:
    from svc_complaint.complaint_case.store import complaint_case
    from svc_complaint.indicator.store import of_year
    from svc_complaint.seed import seed
    from svc_complaint.service import MIGRATIONS
    from svc_complaint.settings import Settings

    url, keys = await make_database(MIGRATIONS), field_keys_file(tmp_path)
    await seed(url, CITY)
    chosen = Settings(**settings(url, tmp_path, field_keys_file=keys))
    assert await load_ratings(chosen, KEY, LAST) == sum(one.end is End.DELIVERED for one in year)
    assert await load_ratings(chosen, KEY, LAST) == 0
    async with read(url) as session:
        assert set(await counted(session, complaint_case, "status")) == {"closed"}
        last = await session.scalar(select(func.max(complaint_case.c.closed_at)))
        assert last is not None
        assert last < OVER
        found = {each.code: each.value for each in await of_year(session, 2026)}
        assert found["active_rating_share"] == pytest.approx(0.796, abs=0.02)
        assert found["satisfied_share"] > 0.98
        assert found["bad_ratings_called_back"] == 1
        assert found["complaints_solved"] > found["complaints_solved_service"] > 30


async def test_the_halls_days_are_closed_without_a_gap(make_database: MakeDatabase, tmp_path: Path) -> None:
    from svc_booking.hall_day.store import open_days
    from svc_booking.journal.store import journal_entry, journal_head
    from svc_booking.queue_ticket.store import queue_ticket
    from svc_booking.report.reading import indicators_of, report_of_day
    from svc_booking.seed import seed
    from svc_booking.service import MIGRATIONS
    from svc_booking.settings import Settings
    from svc_booking.slot.store import slot

    url = await make_database(MIGRATIONS)
    chosen = Settings(**settings(url, tmp_path, city_data_dir=CITY))
    await seed(chosen)
    drawn = await load_halls(chosen, KEY, LAST)
    assert await load_halls(chosen, KEY, LAST) == 0
    async with read(url) as session:
        assert await counted(session, queue_ticket, "status") == {"finished": drawn}
        assert not await open_days(session, LAST)
        ends = await session.execute(
            select(journal_head.c.version, func.count(), func.max(journal_entry.c.version))
            .join(journal_entry, journal_entry.c.service_point == journal_head.c.service_point)
            .group_by(journal_head.c.service_point, journal_head.c.version)
        )
        assert all(head == entries == highest for head, entries, highest in ends)
        waiting = await session.scalars(select(journal_entry.c.waiting))
        assert min(min(groups.values()) for groups in waiting) == 0
        assert await session.scalar(select(func.max(slot.c.taken - slot.c.capacity))) == 0
        found = {each.code: each.value for each in await indicators_of(session, 2026)}
        assert found["hall_visitors_a_day"] == pytest.approx(1500, rel=0.05)
        kinds = ("county_halls", "township_centres", "bank_outlets")
        assert [found[f"connected_{kind}"] for kind in kinds] == [10, 15, 4]
        report = await report_of_day(session, "410400-HALL", working_days(LAST)[-1])
        assert report.closed_at is not None
        assert report.wait.mean is not None
        assert report.drawn == report.finished
        assert report.visitors > 1400
    assert len(working_days(LAST)) == DAYS


def _records(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _json((CITY / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _json(text: str) -> Any:
    return json.loads(text)
