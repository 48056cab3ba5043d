"""A booking rush during which parts are killed, and what must be true afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from chaos.scene import POINT, Scene, listening
from chaos.witness import dead_letters, effects
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB

from lib_kernel import new_id
from lib_messaging import stop_tasks
from lib_testing import signer
from lib_web import HEADER, Caller, CallerKind
from svc_booking.appointment.domain import Status
from svc_booking.appointment.store import appointment
from svc_booking.database import MESSAGES
from svc_booking.slot.store import slot

PAUSE = 0.1
SETTLE_SECONDS = 120.0
CANCELLED_SHARE = 0.2
BOOKED = "booking.appointment.booked.v1"
CANCELLED = "booking.appointment.cancelled.v1"


@dataclass
class Told:
    """What people were told: appointments acknowledged, and those whose cancellation was."""

    booked: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    full: int = 0
    repeated: int = 0

    @property
    def answers(self) -> int:
        """Return how many people got their answer."""
        return len(self.booked) + self.full


class Rush:
    """People who book; each insists, under the same Idempotency-Key, until there is an answer."""

    def __init__(self, scene: Scene, *, people: int, seed: int = 0) -> None:
        self.scene = scene
        self.told = Told()
        self._people = people
        self._dice = random.Random(seed)  # noqa: S311 - chooses slots, no secret
        self._progress = asyncio.Condition()
        self._stopping = False

    async def run(self, kills: Iterable[str], *, between: int, say: Callable[[str], None]) -> None:
        """Let people book; each time `between` more are done, kill the next part and start it again."""
        people = [asyncio.create_task(self._book_on_and_on()) for _ in range(self._people)]
        try:
            await self._until(between)
            for name in kills:
                before = self.told.answers
                await self.scene.victims[name]()
                await listening(self.scene.url)
                say(f"killed and restarted: {name} after {before} answers")
                await self._until(self.told.answers + between)
        finally:
            self._stopping = True
            # Whoever waits for an answer gets it, so that everything sent is acknowledged or refused.
            done = await asyncio.gather(*people, return_exceptions=True)
            await stop_tasks([task for task in people if not task.done()])
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _until(self, count: int) -> None:
        async with self._progress, asyncio.timeout(SETTLE_SECONDS):
            await self._progress.wait_for(lambda: self.told.answers >= count)

    async def _book_on_and_on(self) -> None:
        async with httpx.AsyncClient(base_url=self.scene.url, timeout=10) as client:
            slots = (await self._insist(client, "GET", self._slots_path, _caller("p_reader"))).json()["items"]
            while not self._stopping:
                await self._book(client, self._dice.choice(slots)["slot_id"])

    @property
    def _slots_path(self) -> str:
        return f"/v1/service-points/{POINT}/slots?group=comprehensive"

    async def _book(self, client: httpx.AsyncClient, slot_id: str) -> None:
        person = f"p_{new_id().hex}"
        order = {"slot_id": slot_id, "item_code": "410131016000"}
        answer = await self._insist(client, "POST", "/v1/appointments", _caller(person), order, key=person)
        if answer.status_code == 409:
            self.told.full += 1
            return await self._note_progress()
        if answer.headers.get("Idempotent-Replayed"):
            self.told.repeated += 1
        booked = answer.json()["id"]
        self.told.booked[person] = booked
        if self._dice.random() < CANCELLED_SHARE:
            await self._insist(client, "POST", f"/v1/appointments/{booked}/cancellation", _caller(person))
            self.told.cancelled.add(booked)
        await self._note_progress()

    async def _note_progress(self) -> None:
        async with self._progress:
            self._progress.notify_all()

    async def _insist(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Any = None,
        key: str | None = None,
    ) -> httpx.Response:
        keyed = {**headers, **({"Idempotency-Key": key} if key else {})}
        while True:
            with suppress(httpx.TransportError):
                answer = await client.request(method, path, headers=keyed, json=body)
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(PAUSE)


def _caller(person: str) -> dict[str, str]:
    return {HEADER: signer().sign(Caller(CallerKind.CITIZEN, person, "mobile"))}


@dataclass(frozen=True)
class Truth:
    """What the database, the outbox and the witness say after the rush."""

    people: dict[str, str]
    cancelled: set[str]
    doubles: int
    miscounted: list[str]
    overbooked: int
    sent: Counter[tuple[str, str]]
    took_effect: Counter[tuple[str, str]]
    dead: int

    def differences(self, told: Told) -> list[str]:
        """Return everything that is not as it must be; nothing when all is well."""
        booked = set(self.people.values())
        expected = Counter({(BOOKED, found): 1 for found in booked})
        expected.update({(CANCELLED, found): 1 for found in self.cancelled})
        checks = {
            "acknowledged bookings are missing": self._lost(told),
            "bookings nobody was told of": len(booked - set(told.booked.values())),
            "people with two appointments": self.doubles,
            "acknowledged cancellations are missing": len(told.cancelled - self.cancelled),
            "slots whose counter differs from their rows": len(self.miscounted),
            "overbooked slots": self.overbooked,
            "events not written once": _unlike(self.sent, expected),
            "events without exactly one effect": _unlike(self.took_effect, expected),
            "dead letters": self.dead,
        }
        return [f"{name}: {count}" for name, count in checks.items() if count]

    def _lost(self, told: Told) -> int:
        return sum(self.people.get(person) != booked for person, booked in told.booked.items())


def _unlike(found: Counter[tuple[str, str]], expected: Counter[tuple[str, str]]) -> int:
    return sum(found[key] != expected[key] for key in {*found, *expected})


async def settle(scene: Scene) -> Truth:
    """Wait until every event was sent and took effect, at most `SETTLE_SECONDS`; return what is true then."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not await _is_settled(scene):
                await asyncio.sleep(PAUSE)
    return await _truth(scene)


async def _is_settled(scene: Scene) -> bool:
    async with scene.booking() as session:
        outbox = MESSAGES.outbox
        unsent = await session.scalar(
            select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))
        )
        written = await session.scalar(
            select(func.count()).select_from(outbox).where(outbox.c.type.in_([BOOKED, CANCELLED]))
        )
    return not unsent and len(await effects(scene.witness)) >= int(written or 0)


async def _truth(scene: Scene) -> Truth:
    async with scene.booking() as session:
        rows = (
            await session.execute(
                select(appointment.c.id, appointment.c.person_id, appointment.c.slot_id, appointment.c.status)
            )
        ).all()
        slots = (await session.execute(select(slot.c.id, slot.c.taken, slot.c.capacity))).all()
        outbox = MESSAGES.outbox
        sent = await session.execute(
            select(
                outbox.c.type,
                func.jsonb_extract_path_text(outbox.c.envelope.cast(JSONB), "data", "appointment_id"),
            ).where(outbox.c.type.in_([BOOKED, CANCELLED]))
        )
        events = Counter((kind, found) for kind, found in sent)
    held = Counter(row.slot_id for row in rows if row.status is not Status.CANCELLED)
    return Truth(
        people={row.person_id: str(row.id) for row in rows},
        cancelled={str(row.id) for row in rows if row.status is Status.CANCELLED},
        doubles=len(rows) - len({row.person_id for row in rows}),
        miscounted=[str(found.id) for found in slots if found.taken != held[found.id]],
        overbooked=sum(held[found.id] > found.capacity for found in slots),
        sent=events,
        took_effect=Counter(await effects(scene.witness)),
        dead=await dead_letters(scene.witness),
    )
