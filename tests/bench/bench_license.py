"""Import of old licences: rows a second, and the memory of the worker that takes them over.

`BENCH_ROWS=100000 make bench ONLY=license` is the measurement of a city's stock; the default is smaller.
"""

import asyncio
import csv
import hashlib
import io
import os
import time
from typing import Any

import aiohttp
import asyncpg
import psutil
from bench.harness import Figure, Measure, database

from lib_kernel import citizen_id_check
from lib_local._plan import Plan

ROWS = int(os.environ.get("BENCH_ROWS", "20000"))
PART = 900_000
LIMIT_MB = 300.0
HEADINGS = ["持证人", "证件号码", "原证号", "发证日期", "有效期至", "经营者名称", "经营场所", "经营项目"]
PREMISES = "河南省平顶山市新华区建设路中段与开源路交叉口向东一百米路北"


def stock() -> bytes:
    """Return a spreadsheet of old licences."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for index in range(ROWS):
        body = f"41040219{50 + index % 50:02d}{1 + index % 12:02d}{1 + index % 28:02d}{index % 1000:03d}"
        number = body + citizen_id_check(body)
        row = [f"王{index % 97}", number, f"JY{index:09d}", "2022-05-01", "2030-04-30", f"面馆{index}"]
        writer.writerow([*row, PREMISES, "热食类食品制售"])
    return out.getvalue().encode("utf-8")


async def take_over(plan: Plan, demo: dict[str, Any]) -> tuple[float, float, float]:
    """Import the stock; return seconds, the worker's largest resident memory in MB and that before."""
    data = await asyncio.to_thread(stock)
    worker = next(p for p in psutil.process_iter(["cmdline"]) if _is_worker(p, plan))
    before = worker.memory_info().rss / 1e6
    base = f"{plan.origin}/staff/v1/license-imports"
    tokens = {name: demo["channels"]["staff"][name]["token"] for name in ("officer", "admin")}
    officer = {"Authorization": f"Bearer {tokens['officer']}"}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        body = {"type_code": demo["journey"]["journey_license_type"], "file_name": "stock.csv"}
        async with session.post(base, json=body, headers=officer) as answer:
            path = f"{base}/{(await answer.json())['id']}"
        parts = [data[begin : begin + PART] for begin in range(0, len(data), PART)]
        for number, part in enumerate(parts, 1):
            async with session.put(f"{path}/parts/{number}", data=part, headers=officer):
                pass
        submission = {"parts": len(parts), "digest": hashlib.new("sm3", data).hexdigest()}
        async with session.post(f"{path}/submission", json=submission, headers=officer):
            pass
        begin, largest = time.perf_counter(), before
        admin = {"Authorization": f"Bearer {tokens['admin']}"}
        async with session.post(f"{path}/approval", headers=admin):
            pass
        while True:
            largest = max(largest, worker.memory_info().rss / 1e6)
            async with session.get(path, headers=officer) as answer:
                job = await answer.json()
            if job["status"] != "running":
                break
            await asyncio.sleep(0.1)
    if (job["status"], job["good"]) != ("finished", ROWS):
        raise SystemExit(f"the import did not end well: {job}")
    return time.perf_counter() - begin, largest, before


def _is_worker(process: psutil.Process, plan: Plan) -> bool:
    try:
        listens = any(c.laddr.port == plan.port("license-worker") for c in process.net_connections("tcp"))
        return "svc_license.worker" in " ".join(process.cmdline()) and listens
    except psutil.Error:
        return False


async def raw_inserts(plan: Plan, seconds: float) -> float:
    """Return rows a second of the same width, one statement for 500, on the same server."""
    connection = await asyncpg.connect(database(plan, "license"))
    try:
        await connection.execute(
            "CREATE TEMPORARY TABLE raw (id uuid PRIMARY KEY, number text UNIQUE, body text, at timestamptz)"
        )
        begin, rows = time.perf_counter(), 0
        while time.perf_counter() - begin < min(seconds, 3.0):
            await connection.execute(
                "INSERT INTO raw SELECT gen_random_uuid(), gen_random_uuid()::text, repeat('x', 900), now()"
                " FROM generate_series(1, 500)"
            )
            rows += 500
        return rows / (time.perf_counter() - begin)
    finally:
        await connection.close()


async def import_stock(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure rows taken over a second: checked, numbered, encrypted, committed, queued for the province."""
    seconds, largest, before = await take_over(plan, demo)
    raw = await raw_inserts(plan, seconds)
    memory = f"worker {before:.0f} -> {largest:.0f} MB of {LIMIT_MB:.0f}"
    if largest > LIMIT_MB:
        raise SystemExit(f"the import took too much memory: {memory}")
    own = ROWS / seconds
    return Figure(own, "rows/s", f"plain inserts, same server: {raw:.0f}; {ROWS} rows, {memory}", own / raw)


FIGURES: dict[str, Measure] = {"license.import": import_stock}
