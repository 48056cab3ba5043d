"""Old stock: taken over once, whatever is killed, with every bad row told, in bounded memory."""

import asyncio
import csv
import io
import signal
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from lib_files import FileMissing, FileStore
from lib_gm import FieldCipher, sm3
from lib_kernel import IllegalMove, LicenseNumber, citizen_id_check, move
from lib_sheets import Sheet, write_workbook
from lib_testing import CITIZEN, staff
from lib_web import Caller, CallerKind
from svc_license.exchange.store import exchange_entry
from svc_license.license.domain import Status
from svc_license.license.store import license_table
from svc_license.person import PersonKey
from svc_license.settings import Settings
from svc_license.stock.domain import LARGEST_PART, NEXT, Standing
from svc_license.stock.duties import ALREADY, Importing

MARKET = "11410400005184603J"
OFFICER = staff("s_officer", "officer", orgs=(MARKET,))
SECOND = staff("s_second", "officer", orgs=(MARKET,))
STRANGER = staff("s_stranger", "officer", orgs=("11410400000000000X",))
HEADINGS = ["持证人", "证件号码", "原证号", "发证日期", "有效期至", "姓名", "出生日期", "住址"]


def citizen_number(index: int) -> str:
    body = f"41040219{40 + index % 20:02d}0101{index % 1000:03d}"
    return body + citizen_id_check(body)


def a_row(index: int, **changes: str) -> list[str]:
    row = {
        "持证人": f"王{index}",
        "证件号码": citizen_number(index),
        "原证号": f"PDS-{index:06d}",
        "发证日期": "2020-05-01",
        "有效期至": "长期",
        "姓名": "王芳",
        "出生日期": "1945-01-01",
        "住址": "平顶山市新华区建设路西段",
        **changes,
    }
    return [row[heading] for heading in HEADINGS]


def a_csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def importing(desk: Any, settings: Settings) -> Importing:
    """Return the importer."""
    return Importing(
        desk.open_work,
        FileStore(settings.files_url),
        FieldCipher.from_file(settings.field_keys_file),
        PersonKey.from_file(settings.person_id_key_file),
        desk.clock,
        rows_at_once=10,
    )


async def uploaded(desk: Any, data: bytes, *, part: int = 1000) -> str:
    """Upload a file in parts, submit and approve it; return the import's id."""
    body = {"type_code": f"{MARKET}002", "file_name": "老年人优待证.csv"}
    async with desk.service.as_(OFFICER) as client:
        job = (await client.post("/v1/license-imports", json=body)).json()
        path = f"/v1/license-imports/{job['id']}"
        parts = [data[begin : begin + part] for begin in range(0, len(data), part)]
        for number, piece in enumerate(parts, 1):
            answer = await client.put(f"{path}/parts/{number}", content=piece)
            assert answer.status_code == 204, answer.text
        submission = {"parts": len(parts), "digest": sm3(data).hex()}
        assert (await client.post(f"{path}/submission", json=submission)).json()["status"] == "submitted"
        assert (await client.post(f"{path}/approval")).status_code == 403
    assert (await desk.service.as_(SECOND).post(f"{path}/approval")).json()["status"] == "running"
    found: str = job["id"]
    return found


async def job_of(desk: Any, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await desk.service.as_(OFFICER).get(f"/v1/license-imports/{job_id}")).json()
    return found


async def bad_rows(desk: Any, job_id: str) -> dict[int, str]:
    answer = await desk.service.as_(OFFICER).get(f"/v1/license-imports/{job_id}/errors")
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    return {row[0]: row[1] for row in page.iter_rows(min_row=2, values_only=True)}  # type: ignore[misc]


@pytest.mark.parametrize(("current", "wanted"), list(product(Standing, Standing)))
def test_only_listed_moves_are_allowed(current: Standing, wanted: Standing) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


async def test_good_rows_are_valid_at_once_and_bad_ones_told_with_row_and_reason(
    desk: Any, importing: Importing
) -> None:
    rows = [a_row(index) for index in range(25)]
    rows[3] = a_row(3, 证件号码="410402194501010000")
    rows[7] = a_row(7, 发证日期="someday")
    rows[9] = a_row(9, 姓名="")
    rows[11] = a_row(11, 原证号="")
    rows[13] = a_row(13, 原证号="PDS-000012")
    rows[15] = a_row(15, 持证人="李𠮷")
    rows[17] = a_row(17, 有效期至="2019-01-01")
    rows[19] = a_row(19, 有效期至="2022-01-01")
    job_id = await uploaded(desk, a_csv(rows))
    assert await importing.run_once()
    job = await job_of(desk, job_id)
    assert (job["status"], job["good"], job["bad"]) == ("finished", 18, 7)
    with pytest.raises(FileMissing):
        await importing.files.get(f"imports/{job_id}/0001")  # The people in it are in the register now.
    reasons = await bad_rows(desk, job_id)
    assert sorted(reasons) == [5, 9, 11, 13, 15, 17, 19]
    assert reasons[15] == ALREADY
    assert "原证号" in reasons[13]
    assert "𠮷" in reasons[17]
    assert "410402194501010000" not in str(reasons)
    found = await desk.rows(license_table.c.status, license_table.c.number, license_table.c.external_number)
    assert {row.external_number: row.status for row in found}["PDS-000019"] is Status.EXPIRED
    assert sum(row.status is Status.VALID for row in found) == 17
    assert len({LicenseNumber.parse(row.number).serial for row in found}) == 18
    assert await desk.events() == []  # Nobody is told of what they have had for years.
    async with desk.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(exchange_entry)) == 18


async def test_the_same_file_again_changes_nothing(desk: Any, importing: Importing) -> None:
    data = a_csv([a_row(index) for index in range(12)], "gb18030")
    await uploaded(desk, data)
    await importing.run_once()
    second = await uploaded(desk, data)
    await importing.run_once()
    job = await job_of(desk, second)
    assert (job["good"], job["bad"]) == (0, 12)
    assert set((await bad_rows(desk, second)).values()) == {ALREADY}


async def test_a_workbook_is_read_like_a_text_file(desk: Any, importing: Importing) -> None:
    rows = [a_row(index) for index in range(5)]
    job_id = await uploaded(desk, write_workbook([Sheet("存量", HEADINGS, rows)]))
    await importing.run_once()
    assert (await job_of(desk, job_id))["good"] == 5


async def test_killed_between_any_two_commits_it_goes_on_where_it_stopped(
    desk: Any, importing: Importing
) -> None:
    class Killed(BaseException):
        pass

    job_id = await uploaded(desk, a_csv([a_row(index) for index in range(45)]))
    before = 0
    for stop in (2, 3, 2, 3):
        done = 0

        def open_work(stop: int = stop) -> Any:
            uow = desk.open_work()
            commit = uow.commit

            async def watched(answer: Any = None) -> None:
                nonlocal done
                done += 1
                if done == stop:
                    raise Killed
                await commit(answer)

            uow.commit = watched
            return uow

        with pytest.raises(Killed):
            await replace(importing, open_work=open_work).run_once()
        job = await job_of(desk, job_id)
        assert job["status"] == "running"
        assert before <= job["good"] == len(await desk.rows(license_table.c.id))
        before = job["good"]
        assert not await importing.run_once()  # Its lease still runs.
        desk.clock.advance(timedelta(minutes=2))
    assert await importing.run_once()
    job = await job_of(desk, job_id)
    assert (job["status"], job["good"], job["bad"]) == ("finished", 45, 0)
    rows = await desk.rows(license_table.c.external_number)
    assert sorted(row.external_number for row in rows) == [f"PDS-{index:06d}" for index in range(45)]


async def test_two_workers_never_take_the_same_row_twice(desk: Any, importing: Importing) -> None:
    job_id = await uploaded(desk, a_csv([a_row(index) for index in range(60)]))
    await asyncio.gather(*(importing.run_once() for _ in range(3)))
    desk.clock.advance(timedelta(minutes=2))
    while await importing.run_once():
        pass
    job = await job_of(desk, job_id)
    assert (job["good"], job["bad"]) == (60, 0)


async def test_a_file_that_was_changed_or_cannot_be_read_fails_clearly(
    desk: Any, importing: Importing, settings: Settings
) -> None:
    data = a_csv([a_row(index) for index in range(5)])
    job_id = await uploaded(desk, data)
    await FileStore(settings.files_url).put(f"imports/{job_id}/0001", b"something else")
    await importing.run_once()
    job = await job_of(desk, job_id)
    assert (job["status"], job["good"]) == ("failed", 0)
    assert "摘要" in job["problem"]
    other = await uploaded(desk, b"\xff\xfe\x00\x01" * 50)
    await importing.run_once()
    assert (await job_of(desk, other))["status"] == "failed"


async def test_parts_are_limited_and_belong_to_the_department(desk: Any) -> None:
    body = {"type_code": f"{MARKET}002", "file_name": "x.csv"}
    assert (await desk.service.as_(STRANGER).post("/v1/license-imports", json=body)).status_code == 403
    job = (await desk.service.as_(OFFICER).post("/v1/license-imports", json=body)).json()
    path = f"/v1/license-imports/{job['id']}"
    large = await desk.service.as_(OFFICER).put(f"{path}/parts/1", content=b"x" * (LARGEST_PART + 1))
    assert large.json()["type"] == "/problems/file-too-large"
    assert (await desk.service.as_(OFFICER).put(f"{path}/parts/999", content=b"x")).status_code == 422
    assert (await desk.service.as_(STRANGER).put(f"{path}/parts/1", content=b"x")).status_code == 403
    assert (await desk.service.as_(STRANGER).get(path)).status_code == 403
    rejected = await desk.service.as_(SECOND).post(f"{path}/rejection")
    assert rejected.json()["status"] == "rejected"
    assert (await desk.service.as_(OFFICER).put(f"{path}/parts/1", content=b"x")).status_code == 409
    columns = (await desk.service.as_(OFFICER).get(f"/v1/license-imports/columns/{MARKET}002")).json()
    assert columns["required"] == ["持证人", "证件号码", "原证号", "发证日期", "姓名"]


async def test_the_file_of_old_stock_is_made_when_there_is_time_or_when_it_is_asked_for(
    desk: Any, importing: Importing
) -> None:
    await uploaded(desk, a_csv([a_row(index) for index in range(4)]))
    await importing.run_once()
    rows = await desk.rows(license_table.c.id, license_table.c.person_id)
    last = rows[-1]
    holder = Caller(CallerKind.CITIZEN, last.person_id, "mobile")
    path = f"/v1/licenses/{last.id}/document"
    waiting = await desk.service.as_(holder).get(path)
    assert (waiting.status_code, waiting.json()["type"]) == (503, "/problems/license-document-being-made")
    assert await desk.issuing.draw_once()  # The one that was asked for comes first.
    assert (await desk.service.as_(holder).get(path)).status_code == 200
    assert (await desk.service.as_(CITIZEN).get(path)).status_code == 404
    while await desk.issuing.draw_once():
        pass
    assert all(row.document for row in await desk.rows(license_table.c.document))
    assert await desk.events() == []


def test_memory_does_not_grow_with_the_file(tmp_path: Path, importing: Importing) -> None:
    """Read and check rows of two files, one ten times the other, and compare the peaks."""
    from lib_sheets import read_rows
    from svc_license.kind.domain import Kind, Validity
    from svc_license.kind.template import layout

    fields = {title: {"type": "string", "title": title} for title in ("姓名", "出生日期", "住址")}
    schema = {"type": "object", "properties": fields}
    kind = Kind("c" * 21, "证", MARKET, "市局", "s", "person", Validity(), schema, layout("card"))

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.csv"
        path.write_bytes(a_csv([a_row(index) for index in range(count)]))
        tracemalloc.start()
        rows, read = read_rows(path), 0
        while (batch := importing._read(rows, 0, kind)) is not None:
            read += len(batch.rows)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == count
        return highest

    peak(10)
    assert peak(3000) < 1.3 * peak(300) + 200_000


GATES = {"PDS-000734": 734, "PDS-001345": 1345}


async def test_a_worker_killed_in_the_middle_of_thousands_of_rows_takes_each_over_once(
    desk: Any, settings: Settings, tmp_path: Path, worker: Any
) -> None:
    """A real process and a real SIGKILL, twice, each time within a batch; the third worker finishes."""
    count, nowhere, clock_file = 2000, "http://127.0.0.1:9", tmp_path / "clock.json"
    job_id = await uploaded(desk, a_csv([a_row(index) for index in range(count)]), part=LARGEST_PART)
    async with gates(desk) as gate:
        for step, (key, committed) in enumerate(zip(GATES.values(), (500, 1000), strict=True)):
            clock_file.write_text(f'{{"offset_seconds": {step * 120}}}', encoding="utf-8")
            async with worker(settings, nowhere, clock_file) as process:
                await asyncio.wait_for(somebody_waits(gate, key), 60)
                process.send_signal(signal.SIGKILL)
                await process.wait()
            await gate.execute(select(func.pg_advisory_unlock(key)))
            assert len(await desk.rows(license_table.c.id)) == committed
            assert (await job_of(desk, job_id))["good"] == committed
        clock_file.write_text('{"offset_seconds": 240}', encoding="utf-8")
        async with worker(settings, nowhere, clock_file):
            await asyncio.wait_for(finished(desk, job_id), 60)
    job = await job_of(desk, job_id)
    assert (job["status"], job["good"], job["bad"]) == ("finished", count, 0)
    rows = await desk.rows(license_table.c.external_number, license_table.c.number, license_table.c.status)
    assert {row.external_number for row in rows} == {f"PDS-{index:06d}" for index in range(count)}
    assert len({row.number for row in rows}) == len(rows) == count
    assert {row.status for row in rows} == {Status.VALID}
    async with desk.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(exchange_entry)) == count


@asynccontextmanager
async def gates(desk: Any) -> AsyncGenerator[AsyncSession]:
    """Make whoever writes certain licences wait; yield the session that holds the gates closed."""
    cases = " ".join(f"WHEN '{number}' THEN {key}" for number, key in GATES.items())
    wait = f"PERFORM pg_advisory_xact_lock_shared(CASE NEW.external_number {cases} ELSE 1 END)"
    async with desk.sessions.begin() as session:
        await session.execute(
            text(
                "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$BEGIN {wait}; RETURN NEW; END$$"
            )
        )
        await session.execute(
            text(
                "CREATE TRIGGER wait_at_gate BEFORE INSERT ON license "
                "FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
            )
        )
    try:
        async with desk.sessions() as session:
            for key in GATES.values():
                await session.execute(select(func.pg_advisory_lock(key)))
            yield session
            await session.execute(select(func.pg_advisory_unlock_all()))
    finally:
        async with desk.sessions.begin() as session:
            await session.execute(text("DROP FUNCTION wait_at_gate CASCADE"))


async def somebody_waits(gate: AsyncSession, key: int) -> None:
    waiting = text(
        "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE datname = current_database() AND locktype = 'advisory' AND objid = :key AND NOT granted"
    )
    while await gate.scalar(waiting, {"key": key}) is None:
        await asyncio.sleep(0.02)


async def finished(desk: Any, job_id: str) -> None:
    while (await job_of(desk, job_id))["status"] == "running":
        await asyncio.sleep(0.05)
