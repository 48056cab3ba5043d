"""Bookings through the gateway."""

import asyncio
import subprocess
import time
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from bench.harness import CONNECTIONS, SECONDS, Figure, Measure, citizen_tokens, database

from lib_local._plan import Plan
from lib_local._postgres import binary

PERSONS = 400


async def book(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure bookings through the gateway against pgbench with the statement of the booking desk's shape."""
    dsn = database(plan, "booking")
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE slot SET capacity = 1000000")
    point, group = demo["journey"]["journey_point"], demo["journey"]["journey_group"]
    tokens = citizen_tokens(plan, demo, PERSONS * 8)
    done = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        listed = f"{plan.origin}/public/v1/service-points/{point}/slots?group={group}"
        async with session.get(listed) as answer:
            slots = [slot["slot_id"] for slot in (await answer.json())["items"]]
        queue = iter(enumerate(tokens))

        async def work(until_: float) -> None:
            nonlocal done
            for number, token in queue:
                if time.perf_counter() > until_:
                    return
                body = {"slot_id": slots[number % len(slots)], "item_code": "410101001000"}
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
                url = f"{plan.origin}/mobile/v1/appointments"
                async with session.post(url, json=body, headers=headers) as answer:
                    await answer.read()
                    done += answer.status == 201

        begin = time.perf_counter()
        await asyncio.gather(*(work(begin + SECONDS) for _ in range(CONNECTIONS)))
        own = done / (time.perf_counter() - begin)
    await connection.close()
    raw = pgbench(plan, dsn)
    return Figure(own, "bookings/s", f"pgbench, the same statement, same server: {raw:.0f}", own / raw)


def pgbench(plan: Plan, dsn: str) -> float:
    """Return transactions a second of the desk's statement."""
    script = plan.folder / "book.sql"
    script.write_text(
        """\\set r random(1, 1000000000)
WITH place AS (UPDATE slot SET taken = taken + 1 WHERE id = (SELECT id FROM slot OFFSET :r % 500 LIMIT 1)
 AND taken < capacity RETURNING id, service_point, group_code, starts_at),
booked AS (INSERT INTO appointment (id, slot_id, person_id, item_code, service_point, service_point_name,
 group_code, starts_at, channel, booked_at, status)
 SELECT gen_random_uuid(), id, gen_random_uuid()::text, 'x',
 service_point, 'x', group_code, starts_at, 'bench', now(), 'booked' FROM place RETURNING id),
told AS (INSERT INTO outbox (id, type, envelope, created_at, sent_at)
 SELECT gen_random_uuid(), 'x', repeat('x', 600), now(), now() FROM booked)
SELECT id FROM booked;
"""
    )
    out = subprocess.run(
        [
            str(binary("pgbench")),
            "-n",
            "-M",
            "prepared",
            "-c",
            "8",
            "-T",
            str(int(SECONDS)),
            "-f",
            str(script),
            dsn,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return next(float(line.split("=")[1].split()[0]) for line in out.splitlines() if line.startswith("tps"))


FIGURES: dict[str, Measure] = {"booking.book": book}
