"""Applications: lists and submissions over a million rows, on a service and database of their own.

The best-known open case system gave 8 to 15 lists of 100 a second and 24 to 40 creates a second on the same
kind of machine; ten times that is 150 lists and 400 creates.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from bench.harness import ROOT, SECONDS, Figure, Measure, can_connect, database, until

from lib_db import migrate
from lib_local._plan import Plan, environment
from lib_local._postgres import binary
from lib_testing import free_port
from lib_web import HEADER, Caller, CallerKind, InternalTokenSigner
from svc_catalog.seed import seed
from svc_catalog.service import MIGRATIONS

NAME = "catalog_bench"
ROWS = 1_000_000
PERSONS = 250_000
ID_NUMBER = "11010519491231002X"  # the example of GB 11643
CONNECTIONS = 16
STATUSES = ("submitted", "accepted", "in_progress", *["delivered"] * 3, "refused", "approved")

# Every department and point gets its share; one citizen in a thousand has very many applications.
LOAD = """
WITH items AS (SELECT array_agg(code ORDER BY code) AS codes, array_agg(name ORDER BY code) AS names,
                      array_agg(department ORDER BY code) AS departments, count(*)::int AS n FROM item),
     points AS (SELECT array_agg(code ORDER BY code) AS codes, count(*)::int AS n FROM service_point)
INSERT INTO application (id, case_number, person_id, item_code, item_version, item_name, department,
    service_point, channel, applicant, form, materials, promised_days, submitted_at, status, version, steps,
    accepted_by, accepted_at, clock_from, due_at, overdue_at, is_instant, is_unified, plan)
SELECT gen_random_uuid(), 'B' || r, 'p_bench_' || (r::bigint * 7919 % $2::bigint), i.codes[1 + r % i.n], 1,
    i.names[1 + r % i.n], i.departments[1 + r % i.n], p.codes[1 + r / 3 % p.n], 'mobile', repeat('x', 300),
    repeat('x', 400), '[{"name": "申请表", "source": "applicant", "proof": "手机上传"}]', 5,
    '2026-01-01'::timestamptz + r * interval '30 seconds', ($3::text[])[1 + r % 8], 4,
    '[{"at": "2026-01-01T00:00:00+00:00", "by": "s", "status": "accepted", "note": ""}]', 's_clerk',
    '2026-01-01'::timestamptz + r * interval '30 seconds',
    '2026-01-01'::timestamptz + r * interval '30 seconds',
    '2026-01-08'::timestamptz + r * interval '30 seconds',
    CASE WHEN r % 50 = 0 THEN '2026-01-09'::timestamptz + r * interval '30 seconds' END,
    r % 2 = 0, true, '[]'
FROM generate_series($1::int, $1::int + 99999) AS r, items AS i, points AS p
"""


@dataclass(frozen=True)
class Bench:
    """A running service on the loaded database."""

    url: str
    dsn: str
    signer: InternalTokenSigner
    points: list[str]
    item: dict[str, Any]
    department: str

    def headers(self, caller: Caller) -> dict[str, str]:
        """Return the headers of a request that the gateway vouches for."""
        return {HEADER: self.signer.sign(caller)}


@asynccontextmanager
async def loaded(plan: Plan) -> AsyncGenerator[Bench]:
    """Start a service on a database of a million applications; both are kept for the next figure."""
    dsn = database(plan, NAME)
    url = dsn.replace("postgresql://", "postgresql+asyncpg://")
    await _prepare(plan, dsn, url)
    port = free_port()
    shared = environment(plan, {"catalog": url}, f"nats://127.0.0.1:{plan.port('nats')}", _token(plan))
    shared |= {"INTERNAL_SIGNING_KEY_FILE": str(plan.folder / "keys" / "internal-svc-catalog.pem")}
    shared |= {"LOG_LEVEL": "WARNING"}
    command = ["uvicorn", "svc_catalog.main:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--log-level", "warning"],
        cwd=ROOT,
        env={**os.environ, **shared},
    )
    try:
        await until(lambda: can_connect(port))
        connection = await asyncpg.connect(dsn)
        points = [row["code"] for row in await connection.fetch("SELECT code FROM service_point")]
        item = await connection.fetchval("SELECT data FROM item WHERE code = '412011002000'")
        department = await connection.fetchval(
            "SELECT department FROM application GROUP BY department ORDER BY count(*) DESC LIMIT 1"
        )
        await connection.close()
        signer = InternalTokenSigner.from_file("gateway", plan.folder / "keys" / "internal-gateway.pem")
        yield Bench(f"http://127.0.0.1:{port}", dsn, signer, points, json.loads(item), department)
    finally:
        process.terminate()
        process.wait(30)


def _token(plan: Plan) -> str:
    return (plan.folder / "keys" / "nats.token").read_text().strip()


async def _prepare(plan: Plan, dsn: str, url: str) -> None:
    """Create and load the database unless an earlier figure did."""
    server = await asyncpg.connect(database(plan, "postgres"))
    exists = await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", NAME)
    if exists is None:
        await server.execute(f"CREATE DATABASE {NAME}")
    await server.close()
    if exists is not None:
        return
    await asyncio.to_thread(migrate, url, MIGRATIONS)
    await seed(url, plan.city)
    connection = await asyncpg.connect(dsn, command_timeout=600)
    indexes = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'application'"
        " AND indexdef NOT LIKE 'CREATE UNIQUE%'"
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    for begin in range(0, ROWS, 100_000):
        await connection.execute(LOAD, begin, PERSONS, list(STATUSES))
    for index in indexes:
        await connection.execute(index["indexdef"])
    await connection.execute("VACUUM ANALYZE application")
    await connection.close()


async def _rate(
    bench: Bench, ask: Callable[[aiohttp.ClientSession, int], Awaitable[bool]], seconds: float = SECONDS
) -> float:
    """Return how many requests a second succeed over some connections."""
    numbers, done = itertools.count(), 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await ask(session, next(numbers))
        begin = time.perf_counter()

        async def work() -> None:
            nonlocal done
            while time.perf_counter() < begin + seconds:
                # Not `done += await …`: that reads the count before waiting and loses the others' work.
                succeeded = await ask(session, next(numbers))
                done += succeeded

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return done / (time.perf_counter() - begin)


async def clerk_list(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure a clerk's filtered lists of 100, by point and department, against the bare statement."""
    async with loaded(plan) as bench:

        async def ask(session: aiohttp.ClientSession, number: int) -> bool:
            point = bench.points[number % len(bench.points)]
            caller = Caller(
                CallerKind.STAFF,
                "s_bench",
                "pc",
                roles=frozenset({"clerk", "officer"}),
                orgs=frozenset({bench.department}),
                points=frozenset({point}),
            )
            query = {"limit": "100", "status": STATUSES[number % 3]}
            async with session.get(
                f"{bench.url}/v1/applications", params=query, headers=bench.headers(caller)
            ) as answer:
                return answer.status == 200 and len((await answer.json())["items"]) == 100

        own = await _rate(bench, ask)
        raw = await _bare_lists(bench)
        return Figure(own, "lists/s", f"the statement by itself, one connection: {raw:.0f}", own / raw)


async def citizen_list(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure citizens' own lists among the million."""
    async with loaded(plan) as bench:

        async def ask(session: aiohttp.ClientSession, number: int) -> bool:
            caller = Caller(CallerKind.CITIZEN, f"p_bench_{number * 31 % PERSONS}", "mobile")
            async with session.get(
                f"{bench.url}/v1/applications", params={"limit": "100"}, headers=bench.headers(caller)
            ) as answer:
                return answer.status == 200 and len((await answer.json())["items"]) == ROWS // PERSONS

        own = await _rate(bench, ask)
        return Figure(own, "lists/s", "ten times the best-known open case system: 150", own / 150)


async def submit(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure submissions with form check, encryption, event and kept answer, against pgbench's inserts."""
    async with loaded(plan) as bench:
        form = _form(bench.item)
        materials = [{"name": m["name"], "proof": "手机上传"} for m in bench.item["materials"]]
        applicant = {"name": "李明", "id_number": ID_NUMBER, "phone": "13812345678"}

        async def ask(session: aiohttp.ClientSession, number: int) -> bool:
            caller = Caller(CallerKind.CITIZEN, f"p_new_{number % 5000}", "mobile")
            body = {
                "item_code": bench.item["code"],
                "service_point": bench.points[number % len(bench.points)],
                "applicant": applicant,
                "form": form,
                "materials": materials,
            }
            headers = {**bench.headers(caller), "Idempotency-Key": uuid4().hex}
            async with session.post(f"{bench.url}/v1/applications", json=body, headers=headers) as answer:
                await answer.read()
                return answer.status == 201

        own = await _rate(bench, ask)
        raw = _pgbench(plan, bench.dsn)
        return Figure(own, "creates/s", f"pgbench, the same two inserts, same server: {raw:.0f}", own / raw)


async def _bare_lists(bench: Bench) -> float:
    connection = await asyncpg.connect(bench.dsn)
    statement = """
        SELECT * FROM (
          (SELECT id, case_number, item_name, status, submitted_at FROM application
            WHERE department = $1 AND status = $3 ORDER BY submitted_at DESC, id DESC LIMIT 101)
          UNION
          (SELECT id, case_number, item_name, status, submitted_at FROM application
            WHERE service_point = $2 AND status = $3 ORDER BY submitted_at DESC, id DESC LIMIT 101)
        ) AS both_ways ORDER BY submitted_at DESC, id DESC LIMIT 101"""
    done, begin = 0, time.perf_counter()
    while time.perf_counter() < begin + SECONDS / 2:
        point = bench.points[done % len(bench.points)]
        await connection.fetch(statement, bench.department, point, STATUSES[done % 3])
        done += 1
    elapsed = time.perf_counter() - begin
    await connection.close()
    return done / elapsed


def _form(item: dict[str, Any]) -> dict[str, str]:
    return {
        name: rules["enum"][0] if "enum" in rules else (ID_NUMBER if "pattern" in rules else "填写内容")
        for name, rules in item["form"]["properties"].items()
    }


def _pgbench(plan: Plan, dsn: str) -> float:
    script = plan.folder / "submit.sql"
    script.write_text(
        """INSERT INTO application (id, case_number, person_id, item_code, item_version, item_name,
 department, service_point, channel, applicant, form, materials, promised_days, submitted_at, status,
 version, steps)
 VALUES (gen_random_uuid(), gen_random_uuid()::text, 'p', 'i', 1, 'x', 'd', 's', 'pc', repeat('x', 300),
 repeat('x', 400), '[]', 5, now(), 'submitted', 1, '[]');
INSERT INTO outbox (id, type, envelope, created_at, sent_at)
 VALUES (gen_random_uuid(), 'x', repeat('x', 600), now(), now());
"""
    )
    options = ["-n", "-M", "prepared", "-c", "8", "-T", str(int(SECONDS)), "-f", str(script)]
    out = subprocess.run(
        [str(binary("pgbench")), *options, dsn], capture_output=True, text=True, check=True
    ).stdout
    return next(float(line.split("=")[1].split()[0]) for line in out.splitlines() if line.startswith("tps"))


FIGURES: dict[str, Measure] = {
    "catalog.list": clerk_list,
    "catalog.list_citizen": citizen_list,
    "catalog.submit": submit,
}
