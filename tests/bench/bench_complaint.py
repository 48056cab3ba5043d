"""Complaints with 100,000 open cases: the handler's worklist through the service, and the daily digest."""

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
from bench.harness import Figure, Measure, database

from lib_local._plan import Plan

CASES = 100_000
ASKED = 400
BARE = """
SELECT id, case_number, kind, category, urgency, item_code, department, division, service_point, channel,
       status, status_since, received_at, due_at, is_overdue, level, outcome, reopened, helper,
       tracked_at, supervised_until, extension_asked, has_trouble, awaiting
FROM complaint_case
WHERE department = $1 AND status NOT IN ('resolved', 'confirmed', 'closed')
ORDER BY due_at, id LIMIT 21
"""
SCAN = """
SELECT kind, category, department, division, count(*), count(*) FILTER (WHERE due_at < now())
FROM complaint_case GROUP BY 1, 2, 3, 4
"""
FILL = """
INSERT INTO complaint_case (id, case_number, kind, content, category, department, division, received_at,
                            due_at, status, is_overdue, steps, closed_at, outcome)
SELECT gen_random_uuid(), 'B' || n,
       (ARRAY['could_not_get_it_done', 'difficult_problem', 'consultation'])[1 + n % 3], 'k1:none',
       (ARRAY['waiting', 'materials', 'attitude', 'overdue', 'system'])[1 + n % 5],
       $1 || (n % 40)::text,
       (ARRAY['410402000000', '410403000000', '410421000000', '410422000000'])[1 + n % 4],
       now() - n % 60 * interval '1 day' - n % 1440 * interval '1 minute',
       now() + (n % 30 - 10) * interval '1 day',
       CASE WHEN n > $2 THEN 'closed' ELSE 'in_progress' END, false,
       '[{"at": "2026-03-04T01:00:00+00:00", "by": "s", "action": "start", "status": "in_progress"}]',
       CASE WHEN n > $2 THEN now() - n % 50 * interval '1 day' END,
       CASE WHEN n > $2 THEN 'solved' END
FROM generate_series(1, $2 + $2 / 4) n
"""


async def filled(plan: Plan) -> asyncpg.Connection:
    """Return a connection to the service's database, with the cases in it."""
    connection = await asyncpg.connect(database(plan, "complaint"))
    if await connection.fetchval("SELECT count(*) FROM complaint_case") < CASES:
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(FILL.replace("$1", "'D'").replace("$2", str(CASES)))
        await connection.execute(
            "UPDATE complaint_case SET department = $1 WHERE department = 'D0'", _mine(plan)
        )
        await connection.execute("VACUUM ANALYZE complaint_case")
    return connection


def _mine(plan: Plan) -> str:
    found = json.loads((plan.city / "demo.json").read_text(encoding="utf-8"))
    return str(found["journey_department"])


async def worklist(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure p99 of a page of the worklist over HTTP against the same rows by bare SQL over asyncpg.

    Both are asked in turn, one at a time, so that they see the same machine.
    """
    connection = await filled(plan)
    token = demo["channels"]["staff"]["case_handler"]["token"]
    url, headers = f"{plan.origin}/staff/v1/worklist", {"Authorization": f"Bearer {token}"}
    own: list[float] = []
    bare: list[float] = []
    async with aiohttp.ClientSession() as session:
        for number in range(-20, ASKED):
            begin = time.perf_counter()
            async with session.get(url, headers=headers) as answer:
                assert len((await answer.json())["items"]) == 20
            middle = time.perf_counter()
            assert len(await connection.fetch(BARE, _mine(plan))) == 21
            if number >= 0:
                own.append(middle - begin)
                bare.append(time.perf_counter() - middle)
    await connection.close()
    p99, raw = _p99(own), _p99(bare)
    versus = f"the same rows by bare SQL over asyncpg: {raw * 1000:.2f} ms p99"
    return Figure(p99 * 1000, "ms p99", versus, p99 / raw)


async def digest(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure computing a day's digest against one bare grouping scan of the same cases."""
    from lib_db import make_engine, make_sessions
    from svc_complaint.digest.store import compute

    connection = await filled(plan)
    engine = make_engine(database(plan, "complaint").replace("postgresql", "postgresql+asyncpg", 1))
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    bare, own = [], []
    async with make_sessions(engine)() as session:
        for _ in range(5):
            begin = time.perf_counter()
            await connection.fetch(SCAN)
            bare.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            found = await compute(session, day)
            own.append(time.perf_counter() - begin)
    assert found["open"] > CASES * 0.9
    await connection.close()
    await engine.dispose()
    own_seconds, raw = statistics.median(own), statistics.median(bare)
    versus = f"one grouping scan of the same cases by bare SQL: {raw:.3f} s"
    return Figure(own_seconds, "s", versus, own_seconds / raw)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


FIGURES: dict[str, Measure] = {"complaint.worklist": worklist, "complaint.digest": digest}
