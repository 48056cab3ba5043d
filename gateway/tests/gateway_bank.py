"""Banks that receive webhooks, and what a test lets them do."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from aiohttp import web
from gateway_city import City

from gateway.partner.domain import Partner, Webhook
from gateway.partner_event.log import PartnerEvent
from gateway.parts import Parts
from gateway.webhook.domain import Answer, Call
from lib_kernel import SystemClock

SPACE = uuid4()


@dataclass
class Ledger:
    """What a bank has: the effect of each event once, by subject in the order of its effect."""

    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    known: set[str] = field(default_factory=set)
    calls: int = 0

    def take(self, subject: str, event_id: str, place: int) -> None:
        """Work on an event unless it was worked on before."""
        if event_id not in self.known:
            self.known.add(event_id)
            self.effects[subject].append(event_id)
            self.places[subject].append(place)

    @property
    def is_in_order(self) -> bool:
        """Return whether places grew within each subject."""
        return all(places == sorted(places) for places in self.places.values())


@dataclass
class FakeBank:
    """A sender that calls no network: answers by a function, or is down."""

    answer: Callable[[Call], int] = lambda call: 204
    ledger: Ledger = field(default_factory=Ledger)
    is_down: bool = False

    async def send(self, url: str, algorithm: str, call: Call, attempt: int) -> Answer:
        """Take the call as a bank would."""
        self.ledger.calls += 1
        await asyncio.sleep(0)
        if self.is_down:
            return Answer(0, "ClientConnectorError")
        status = self.answer(call)
        # A bank that worked on the event and then failed to say so is the harder case.
        if status < 300 or status == 599:
            self.ledger.take(call.business, call.event_id, call.position)
        return Answer(status)


async def give_webhook(parts: Parts, code: str, url: str = "http://bank.example/hook", **more: Any) -> None:
    """Let a partner be called."""

    def edit(partner: Partner) -> Partner:
        return replace(partner, webhook=Webhook(url, **more))

    await parts.partners.change(code, edit, action="test", by="test")
    for _ in range(500):
        known = parts.registry.partners.get(code)
        if known is not None and known.webhook is not None and known.webhook.url == url:
            return
        await asyncio.sleep(0.01)


def an_event(subject: str, number: int, now: datetime | None = None) -> PartnerEvent:
    """Return an event of a business."""
    return PartnerEvent(
        str(uuid5(SPACE, f"{subject} {number}")),
        "booking.appointment.booked.v1",
        subject,
        now or SystemClock().now(),
        {"number": number},
        "svc-booking",
    )


async def enqueue(parts: Parts, code: str, subjects: int, each: int) -> dict[str, list[str]]:
    """Give a partner events of several businesses, mixed; return the ids by business in their order."""
    names = [str(UUID(int=number + 1)) for number in range(subjects)]
    expected: dict[str, list[str]] = {name: [] for name in names}
    for number in range(each):
        for name in names:
            event = an_event(f"{name}", number)
            await parts.fanout.give(code, event)
            expected[name].append(event.id)
    return expected


@asynccontextmanager
async def bank_server(take: Callable[[web.Request, bytes], Any], path: str = "/hook") -> AsyncGenerator[str]:
    """Let a bank listen; `take` returns its response. Yield its address."""

    async def handle(request: web.Request) -> web.StreamResponse:
        found: web.StreamResponse = await take(request, await request.read())
        return found

    app = web.Application()
    app.router.add_route("*", path, handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    finally:
        await runner.cleanup()


@dataclass
class Hours:
    """A clock that a test moves, which otherwise goes on with real time."""

    shift: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the moved time."""
        return SystemClock().now() + self.shift


def parts_of(city: City, clock: Hours) -> Parts:
    """Return parts on the city's broker with a clock of their own, sharing its registry."""
    parts = Parts(city.nats, city.settings, clock)
    parts.registry = city.parts.registry
    parts.fanout._registry = city.parts.registry
    return parts
