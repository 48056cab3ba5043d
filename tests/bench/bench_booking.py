"""Bookings through the gateway: steady, and the opening minute."""

import asyncio
import json
import random
import subprocess
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
from bench.harness import CONNECTIONS, SECONDS, Figure, Measure, citizen_tokens, database
from bench.load import Answers, request, send

from lib_local._plan import Plan
from lib_local._postgres import binary

PERSONS = 400
RUSH_REQUESTS = 20_000
RUSH_PLACES = 5_000
RUSH_SLOTS = 40
RUSH_CONNECTIONS = 200


def order(plan: Plan, slot_id: str, token: str) -> bytes:
    """Return a whole booking request as the mobile app sends it."""
    body = json.dumps({"slot_id": slot_id, "item_code": "410101001000"}).encode()
    fields = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": uuid4().hex,
        "Content-Type": "application/json",
    }
    return request("POST", plan.port("gateway"), "/mobile/v1/appointments", fields, body)


if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


async def slots_of(connection: "Connection", demo: dict[str, Any], count: int) -> list[str]:
    """Return slots of the journey's point and group that may be booked now, the same for all to fight for."""
    rows = await connection.fetch(
        """SELECT id FROM slot WHERE service_point = $1 AND group_code = $2 AND closed_at IS NULL
           AND starts_at > now() + interval '10 minutes' ORDER BY starts_at LIMIT $3""",
        demo["journey"]["journey_point"],
        demo["journey"]["journey_group"],
        count,
    )
    return [str(row["id"]) for row in rows]


async def book(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure bookings through the gateway against pgbench with the statement of the booking desk's shape."""
    dsn = database(plan, "booking")
    connection = await asyncpg.connect(dsn)
    await open_ahead(connection, demo)
    await connection.execute("UPDATE slot SET capacity = 1000000")
    tokens = await asyncio.to_thread(citizen_tokens, plan, demo, PERSONS * 40)
    slots = await slots_of(connection, demo, 20)
    requests = [order(plan, slots[number % len(slots)], token) for number, token in enumerate(tokens)]
    answers = await send(plan.port("gateway"), iter(requests), connections=CONNECTIONS, seconds=SECONDS)
    own = answers.per_second(201)
    await connection.close()
    raw = pgbench(plan, dsn)
    versus = f"pgbench, the same statement, same server: {raw:.0f}; p99 {answers.percentile(0.99):.0f} ms"
    return Figure(own, "bookings/s", versus, own / raw)


async def open_ahead(connection: "Connection", demo: dict[str, Any]) -> None:
    """Open the journey's point a whole week ahead, so that there are slots enough at any hour of the day."""
    await connection.execute(
        """INSERT INTO booking_rule (id, city, service_point, values, changed_by, changed_at)
           SELECT gen_random_uuid(), left(division, 4) || '00000000', code, '{"days_ahead": 7}', 'b', now()
           FROM service_point WHERE code = $1 ON CONFLICT DO NOTHING""",
        demo["journey"]["journey_point"],
    )
    await asyncio.sleep(2.5)  # Rules are remembered for two seconds.


async def rush(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure the opening minute: 20,000 citizens want 5,000 places on 40 slots, all at once.

    The value is places given a second until the last one is gone; every token and citizen is new to the
    gateway. Raises AssertionError when a place is lost or doubled, or when anybody got less than an answer.
    """
    dsn = database(plan, "booking")
    connection = await asyncpg.connect(dsn)
    await open_ahead(connection, demo)
    slots = await slots_of(connection, demo, RUSH_SLOTS)
    assert len(slots) == RUSH_SLOTS
    await connection.execute(
        "UPDATE slot SET capacity = taken + $2 WHERE id = ANY ($1::uuid[])", slots, RUSH_PLACES // RUSH_SLOTS
    )
    before = await connection.fetchval("SELECT count(*) FROM appointment WHERE status = 'booked'")
    tokens = await asyncio.to_thread(citizen_tokens, plan, demo, RUSH_REQUESTS, "rush")
    chosen = random.Random(410400)  # noqa: S311 - which slot who wants, the same in every run
    requests = [order(plan, chosen.choice(slots), token) for token in tokens]
    begin, last_booked_at, without_alternatives = time.perf_counter(), 0.0, 0

    def look(status: int, body: bytes) -> None:
        nonlocal last_booked_at, without_alternatives
        if status == 201:
            last_booked_at = time.perf_counter()
        elif b'"alternatives":[{' not in body:
            without_alternatives += 1

    answers = await send(
        plan.port("gateway"), iter(requests), connections=RUSH_CONNECTIONS, seconds=300.0, look=look
    )
    booked = await connection.fetchval("SELECT count(*) FROM appointment WHERE status = 'booked'") - before
    over = await connection.fetchval(
        """SELECT count(*) FROM slot s WHERE taken <>
           (SELECT coalesce(sum(party_size), 0) FROM appointment a
            WHERE a.slot_id = s.id AND status <> 'cancelled') AND id = ANY ($1::uuid[])""",
        slots,
    )
    await connection.close()
    assert (booked, over, without_alternatives) == (RUSH_PLACES, 0, 0), (booked, over, without_alternatives)
    assert answers.statuses == {201: RUSH_PLACES, 409: RUSH_REQUESTS - RUSH_PLACES}, answers.statuses
    own, raw = RUSH_PLACES / (last_booked_at - begin), pgbench(plan, dsn)
    return Figure(own, "bookings/s", _rush_text(answers, raw), own / raw)


def _rush_text(answers: Answers, raw: float) -> str:
    p50, p99 = answers.percentile(0.5), answers.percentile(0.99)
    refused, asked = RUSH_REQUESTS - RUSH_PLACES, RUSH_REQUESTS / answers.whole
    return (
        f"pgbench, the same statement, same server: {raw:.0f}; {RUSH_PLACES} booked, {refused} refused with "
        f"alternatives, no 5xx, {asked:.0f} requests/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )


def pgbench(plan: Plan, dsn: str) -> float:
    """Return transactions a second of what the desk writes for one booking, in one statement."""
    script = plan.folder / "book.sql"
    script.write_text(
        """\\set r random(1, 1000000000)
WITH place AS (UPDATE slot SET taken = taken + 1 WHERE id = (SELECT id FROM slot OFFSET :r % 500 LIMIT 1)
 AND taken < capacity RETURNING id, service_point, group_code, starts_at),
booked AS (INSERT INTO appointment (id, slot_id, person_id, item_code, service_point, service_point_name,
 group_code, starts_at, channel, booked_at, status, day_number)
 SELECT gen_random_uuid(), id, gen_random_uuid()::text, 'x',
 service_point, 'x', group_code, starts_at, 'bench', now(), 'booked', 1 FROM place RETURNING id),
reminded AS (INSERT INTO reminder (id, appointment_id, ahead, due_at, sent_at)
 SELECT gen_random_uuid(), id, ahead, now(), now() FROM booked, unnest(ARRAY['day', 'hour']) AS ahead),
told AS (INSERT INTO outbox (id, type, envelope, created_at, sent_at)
 SELECT gen_random_uuid(), 'x', repeat('x', 600), now(), now() FROM booked),
kept AS (INSERT INTO idempotency_key (scope, key, request_hash, status, body, created_at)
 SELECT 'x', gen_random_uuid()::text, '\\x00', 201, convert_to(repeat('x', 600), 'UTF8'), now() FROM booked)
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


FIGURES: dict[str, Measure] = {"booking.book": book, "booking.rush": rush}
