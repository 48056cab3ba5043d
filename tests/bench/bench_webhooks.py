"""Webhooks to a bank: how fast, and whether a flaky one loses anything or sees it out of order."""

import asyncio
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import aiohttp
from aiohttp import web
from bench.harness import Figure, Measure

from gateway.partner.domain import Contact, Partner, Webhook
from gateway.partner_event.log import PartnerEvent
from gateway.parts import Parts
from gateway.settings import Settings
from lib_kernel import SystemClock
from lib_local._plan import Plan
from lib_messaging import connect

EVENT_TYPE = "booking.appointment.booked.v1"
SUBJECTS, EACH = 40, 50
SOAK_SUBJECTS, SOAK_EACH = 100, 8
AT_ONCE = 8
LONGEST = 240.0
RAW_SECONDS = 3.0


@dataclass
class Bank:
    """Notes the effect of each event once, by subject; `answer` gives the status of a call."""

    answer: Callable[[], int] = lambda: 204
    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    known: set[str] = field(default_factory=set)
    calls: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """Work on an event, or fail before or after it."""
        told, status = json.loads(await request.read()), self.answer()
        self.calls += 1
        if (status < 300 or status == 599) and told["id"] not in self.known:
            self.known.add(told["id"])
            self.effects[told["subject"]].append(told["id"])
        return web.Response(status=status)


@asynccontextmanager
async def listening(bank: Bank) -> AsyncGenerator[str]:
    """Let the bank listen; yield its address."""
    app = web.Application()
    app.router.add_post("/hook", bank.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


@asynccontextmanager
async def partner(plan: Plan, url: str) -> AsyncGenerator[tuple[Parts, str]]:
    """Register a partner at the running platform; yield its parts and code."""
    os.environ["NATS_TOKEN"] = (plan.folder / "keys" / "nats.token").read_text().strip()
    client = await connect(f"nats://127.0.0.1:{plan.port('nats')}", name="bench")
    keys = plan.folder / "keys"
    settings = Settings(
        internal_signing_key_file=keys / "internal-gateway.pem",
        person_id_key_file=keys / "person-id.key",
        oidc_issuer=plan.issuer,
        oidc_jwks_url=plan.issuer,
    )
    parts, code = Parts(client, settings), f"bench-{uuid4().hex[:8]}"
    made = Partner(code, "压测", Contact("", "", ""), SystemClock().now(), webhook=Webhook(url))
    await parts.partners.create(made, by="bench")
    parts.registry.partners[code] = made
    try:
        yield parts, code
    finally:
        await parts.partners.change(
            code, lambda found: replace(found, webhook=None), action="bench over", by="bench"
        )
        await parts.queue.clear(code)
        await client.close()


async def give(parts: Parts, code: str, subjects: int, each: int) -> dict[str, list[str]]:
    """Give the partner events of several subjects, mixed; return the ids by subject in their order."""
    names = [str(UUID(int=number + 1)) for number in range(subjects)]
    expected: dict[str, list[str]] = {name: [] for name in names}
    for number in range(each):
        events = [
            PartnerEvent(
                str(uuid4()),
                "booking.appointment.booked.v1",
                name,
                SystemClock().now(),
                {"n": number},
                "bench",
            )
            for name in names
        ]
        await asyncio.gather(*(parts.fanout.give(code, event) for event in events))
        for event in events:
            expected[event.subject].append(event.id)
    return expected


async def wait_for(bank: Bank, count: int) -> None:
    """Wait until the bank has so many events."""
    async with asyncio.timeout(LONGEST):
        while len(bank.known) < count:
            await asyncio.sleep(0.02)


async def raw_rate(url: str) -> float:
    """Return plain calls a second to the same receiver, as many at once as the courier makes."""
    body, done = json.dumps({"id": "raw", "subject": "raw", "data": "x" * 300}).encode(), 0
    async with aiohttp.ClientSession() as session:

        async def work(until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                async with session.post(url, data=body) as answer:
                    await answer.read()
                    done += 1

        begin = time.perf_counter()
        await asyncio.gather(*(work(begin + RAW_SECONDS) for _ in range(AT_ONCE)))
        return done / (time.perf_counter() - begin)


async def deliver(plan: Plan, _demo: dict[str, object]) -> Figure:
    """Measure calls from queued to taken: signed, logged, in order, one by one acknowledged."""
    bank = Bank()
    async with listening(bank) as url, partner(plan, "http://127.0.0.1:9/closed") as (parts, code):
        expected = await give(parts, code, SUBJECTS, EACH)
        begin = time.perf_counter()
        await parts.partners.change(
            code, lambda found: replace(found, webhook=Webhook(url)), action="bench", by="bench"
        )
        await wait_for(bank, SUBJECTS * EACH)
        own = SUBJECTS * EACH / (time.perf_counter() - begin)
        assert bank.effects == expected
        raw = await raw_rate(url)
    return Figure(own, "calls/s", f"plain unsigned posts to the same receiver: {raw:.0f}", own / raw)


async def soak(plan: Plan, _demo: dict[str, object]) -> Figure:
    """Deliver to a receiver that is down at first and then fails every fourth call."""
    chance, down_until = random.Random(5), time.monotonic() + 10  # noqa: S311 - a repeatable run

    def answer() -> int:
        return (
            503 if time.monotonic() < down_until else chance.choice([204, 204, 204, 204, 204, 204, 500, 599])
        )

    bank = Bank(answer)
    count = SOAK_SUBJECTS * SOAK_EACH
    async with listening(bank) as url, partner(plan, url) as (parts, code):
        expected = await give(parts, code, SOAK_SUBJECTS, SOAK_EACH)
        await wait_for(bank, count)
        async with asyncio.timeout(LONGEST):
            while await parts.queue.businesses(code):
                await asyncio.sleep(0.1)
        lost = count - len(bank.known)
        shuffled = sum(bank.effects[name] != ids for name, ids in expected.items())
        dead = await parts.journal.count_dead(code)
    if lost or shuffled or dead:
        raise AssertionError(f"{lost} lost, {shuffled} subjects out of order, {dead} dead")
    return Figure(
        float(count), "events", f"flaky receiver, {bank.calls} calls: 0 lost, 0 out of order, 0 dead", None
    )


FIGURES: dict[str, Measure] = {"webhooks.deliver": deliver, "webhooks.soak": soak}
