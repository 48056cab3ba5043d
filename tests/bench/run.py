"""Benchmarks: `make bench [ONLY=prefix]`. Each figure is a ratio against something measured in the same run.

The platform is started in a folder and on ports of its own. Results go to `.run/bench.json`.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from nats.aio.client import Client

from lib_contracts.catalog import ItemPublished
from lib_local._identity import DemoIdentityProvider
from lib_local._keys import open_keys
from lib_local._people import Person
from lib_local._plan import Plan
from lib_local._postgres import binary

ROOT = Path(__file__).parents[2]
SECONDS = 4.0
CONNECTIONS = 32
PERSONS = 400


@dataclass(frozen=True)
class Figure:
    """A measured value with what it is compared to."""

    value: float
    unit: str
    versus: str
    ratio: float | None


@contextmanager
def platform() -> Generator[tuple[Plan, dict[str, Any]]]:
    """Run the platform for the benchmarks; yield its plan and credentials."""
    folder = Path(tempfile.mkdtemp(prefix="city-bench-"))
    folder.chmod(0o755)
    base = int(os.environ.get("PORT_BASE", "8000")) + 500
    plan = Plan(ROOT, folder / "run", base)
    fast = {"GATEWAY_REQUESTS_PER_SECOND": "1e9", "GATEWAY_BURST": "1e9", "LOG_LEVEL": "WARNING"}
    environment = {**os.environ, "RUN_DIR": str(plan.folder), "PORT_BASE": str(base), **fast}
    command = [sys.executable, "-m", "lib_local", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        demo = plan.folder / "demo.json"
        while not demo.exists():
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
            raise SystemExit("the platform did not start")
        yield plan, json.loads(demo.read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


async def rate(url: str, headers: Callable[[int], dict[str, str]]) -> float:
    """Return successful GET requests a second over `CONNECTIONS` connections."""
    done = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

        async def ask(number: int, until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                async with session.get(url, headers=headers(number)) as answer:
                    await answer.read()
                    done += answer.status == 200

        begin = time.perf_counter()
        await asyncio.gather(*(ask(number, begin + SECONDS) for number in range(CONNECTIONS)))
        return done / (time.perf_counter() - begin)


def citizen_tokens(plan: Plan, demo: dict[str, Any], count: int) -> list[str]:
    """Return access tokens of made-up citizens."""
    people = [Person(f"bench{number}", "", f"{number:018d}") for number in range(count)]
    provider = DemoIdentityProvider(plan.issuer, open_keys(plan.folder / "keys"), people)
    return [provider.token(person.user) for person in people]


async def forward(plan: Plan, demo: dict[str, Any], *, with_token: bool) -> Figure:
    """Measure a catalogue read through the gateway against nginx in front of the same service."""
    path = f"/v1/items/{demo['journey']['journey_item']}"
    tokens = citizen_tokens(plan, demo, CONNECTIONS) if with_token else []
    channel = "mobile" if with_token else "public"
    own = await rate(
        f"{plan.origin}/{channel}{path}",
        lambda number: {"Authorization": f"Bearer {tokens[number]}"} if with_token else {},
    )
    other = await through_nginx(plan, path)
    if other is None:
        return Figure(own, "requests/s", "nginx is not installed", None)
    return Figure(own, "requests/s", f"nginx forwarding to the same service: {other:.0f}", own / other)


async def through_nginx(plan: Plan, path: str) -> float | None:
    """Return requests a second through nginx to the catalogue, None where nginx is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        return None
    from lib_web import Caller, CallerKind, InternalTokenSigner

    signer = InternalTokenSigner.from_file("gateway", plan.folder / "keys" / "internal-gateway.pem")
    token = signer.sign(Caller(CallerKind.PUBLIC, "public", "public"))
    port, config = plan.base + 90, plan.folder / "nginx.conf"
    config.write_text(
        f"""pid {plan.folder}/nginx.pid; error_log stderr crit; worker_processes 1;
events {{ worker_connections 1024; }}
http {{ access_log off; upstream c {{ server 127.0.0.1:{plan.port("catalog")}; keepalive 64; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://c; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_set_header X-Internal-Token {token}; }} }} }}"""
    )
    process = subprocess.Popen([program, "-p", str(plan.folder), "-c", str(config), "-g", "daemon off;"])
    try:
        await until(lambda: can_connect(port))
        return await rate(f"http://127.0.0.1:{port}{path}", lambda _: {})
    finally:
        process.terminate()
        process.wait()


async def can_connect(port: int) -> bool:
    """Return whether somebody listens."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `look` says yes."""
    async with asyncio.timeout(60):
        while not await look():
            await asyncio.sleep(0.01)


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


def database(plan: Plan, name: str) -> str:
    """Return the address of a service's database."""
    password = (plan.folder / "keys" / "postgres.password").read_text().strip()
    return f"postgresql://city:{password}@127.0.0.1:{plan.port('postgres')}/{name}"


async def relay(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure events from commit to consumed and committed against raw JetStream publishing."""
    from lib_db import make_engine, make_sessions
    from lib_messaging import InboxProcessor, Relay, SqlUnitOfWork, connect, consume, on, stop_tasks
    from svc_catalog.database import MESSAGES

    class Work(SqlUnitOfWork):
        source, tables = "bench", MESSAGES

    @on(ItemPublished, durable=f"bench-{uuid4().hex[:8]}")
    async def note(event: ItemPublished, *, uow: SqlUnitOfWork) -> None:
        """Only the inbox row is written."""

    os.environ["NATS_TOKEN"] = (plan.folder / "keys" / "nats.token").read_text().strip()
    client = await connect(f"nats://127.0.0.1:{plan.port('nats')}", name="bench")
    engine = make_engine(database(plan, "catalog").replace("postgresql", "postgresql+asyncpg", 1))
    sessions, count = make_sessions(engine), 5000
    relaying = Relay(engine, MESSAGES)
    admin = await asyncpg.connect(database(plan, "catalog"))

    async def handled() -> int:
        query = "SELECT count(*) FROM inbox WHERE durable = $1"
        found: int = await admin.fetchval(query, note.durable)
        return found

    processor = InboxProcessor(note, lambda: Work(sessions))
    tasks = [
        asyncio.create_task(relaying.run(client.jetstream())),
        asyncio.create_task(consume(client, [ItemPublished.type], note.durable, processor)),
    ]
    await until(lambda: settled(handled))
    before, begin = await handled(), time.perf_counter()
    for _ in range(count // 100):
        async with Work(sessions, nudge=relaying.nudge) as uow:
            for number in range(100):
                uow.outbox.add(ItemPublished(item_code=str(number), item_version=1))
            await uow.commit()

    async def all_handled() -> bool:
        return await handled() >= before + count

    await until(all_handled)
    own = count / (time.perf_counter() - begin)
    raw = await raw_publish(client, count)
    await stop_tasks(tasks)
    await admin.close()
    await engine.dispose()
    await client.close()
    return Figure(own, "events/s", f"raw JetStream publishing, pipelined: {raw:.0f}", own / raw)


async def settled(count: Callable[[], Awaitable[int]]) -> bool:
    """Return whether a count stands still."""
    first = await count()
    await asyncio.sleep(0.3)
    return first == await count()


async def raw_publish(client: Client, count: int) -> float:
    """Return messages a second published to JetStream and acknowledged."""
    js, begin = client.jetstream(), time.perf_counter()
    acks = [await js.publish_async("catalog.bench.published.v1", b"x" * 600) for _ in range(count)]
    await asyncio.gather(*acks)
    return count / (time.perf_counter() - begin)


FIGURES: dict[str, Callable[[Plan, dict[str, Any]], Awaitable[Figure]]] = {
    "gateway.forward": lambda plan, demo: forward(plan, demo, with_token=False),
    "gateway.forward_token": lambda plan, demo: forward(plan, demo, with_token=True),
    "booking.book": book,
    "events.relay": relay,
}


def main() -> None:
    """Measure, print a table, write the file."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = {name: measure for name, measure in FIGURES.items() if name.startswith(only)}
    results: dict[str, dict[str, Any]] = {}
    print("starting the platform …", flush=True)
    with platform() as (plan, demo):
        for name, measure in wanted.items():
            print(f"measuring {name} …", flush=True)
            figure = asyncio.run(_measure(measure, plan, demo))
            results[name] = {
                "value": round(figure.value, 1),
                "unit": figure.unit,
                "versus": figure.versus,
                "ratio": round(figure.ratio, 3) if figure.ratio is not None else None,
            }
    target = Path(os.environ.get("RUN_DIR", ROOT / ".run")) / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name, result in results.items():
        ratio = f"{result['ratio']:.3f}" if result["ratio"] is not None else "-"
        print(f"{name:<24}{result['value']:>10.0f} {result['unit']:<12} ratio {ratio:<8} {result['versus']}")


async def _measure(
    measure: Callable[[Plan, dict[str, Any]], Awaitable[Figure]], plan: Plan, demo: dict[str, Any]
) -> Figure:
    return await measure(plan, demo)


if __name__ == "__main__":
    main()
