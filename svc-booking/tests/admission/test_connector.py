"""The admission check against a server that stands in for the outside system."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from booking_city import book, person, slots

from lib_testing import CITIZEN, FixedClock, free_port, running
from svc_booking.admission.connector import HttpAdmission
from svc_booking.admission.domain import AdmissionRefused, AdmissionUnavailable, NobodyAsked, Policy
from svc_booking.main import create_app
from svc_booking.settings import Settings

ANSWERS = {
    "p_green": (200, '{"status": "green"}'),
    "p_red": (200, '{"status": "red", "reason": "红码，请居家"}'),
    "p_broken": (500, "oops"),
    "p_nonsense": (200, "[]"),
    "p_unknown": (404, "{}"),
}


@dataclass
class StandIn:
    """A small HTTP server; `p_slow` never gets an answer."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}/codes"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        who = head.split(" ", 2)[1].rsplit("/", 1)[1]
        self.asked.append(who)
        if who == "p_slow":
            await reader.read()
        status, body = ANSWERS.get(who, (200, '{"status": "green"}'))
        content = body.encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + content)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def outside() -> AsyncGenerator[StandIn]:
    """Return the running stand-in."""
    stand_in = StandIn(free_port())
    server = await asyncio.start_server(stand_in.answer, "127.0.0.1", stand_in.port)
    yield stand_in
    server.close()


@pytest_asyncio.fixture
async def connect(outside: StandIn) -> AsyncGenerator[Callable[[Policy], HttpAdmission]]:
    """Return a function that makes connectors of a policy."""
    made: list[HttpAdmission] = []

    def make(policy: Policy) -> HttpAdmission:
        made.append(HttpAdmission(outside.url, timeout=0.3, cache=60, policy=policy))
        return made[-1]

    yield make
    for connector in made:
        await connector.aclose()


Connect = Callable[[Policy], HttpAdmission]


async def test_green_passes_and_is_remembered(connect: Connect, outside: StandIn) -> None:
    connector = connect(Policy.CLOSED)
    for _ in range(3):
        await connector.check("p_green")
    await connector.check("p_unknown")
    assert outside.asked == ["p_green", "p_unknown"]


async def test_anything_but_green_is_refused_with_the_reason(connect: Connect) -> None:
    with pytest.raises(AdmissionRefused, match="红码") as refused:
        await connect(Policy.OPEN).check("p_red")
    assert refused.value.facts["admission_status"] == "red"


@pytest.mark.parametrize("who", ["p_broken", "p_nonsense", "p_slow"])
async def test_without_an_answer_the_policy_decides(connect: Connect, outside: StandIn, who: str) -> None:
    await connect(Policy.OPEN).check(who)
    with pytest.raises(AdmissionUnavailable):
        await connect(Policy.CLOSED).check(who)
    # An outage is not remembered: each asks again.
    assert outside.asked == [who, who]


async def test_a_refused_person_takes_no_place(
    settings: Settings, hall: str, clock: FixedClock, outside: StandIn
) -> None:
    asking = settings.model_copy(update={"admission_url": outside.url})
    async with running(create_app(asking, clock)) as service:
        free = (await slots(service.as_(CITIZEN), hall))[-1]
        refused = await book(service.as_(person("red")), free["slot_id"])
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/admission-refused")
        assert refused.json()["detail"] == "红码，请居家"
        assert (await book(service.as_(person("green")), free["slot_id"])).status_code == 201
        assert (await slots(service.as_(CITIZEN), hall))[-1]["free"] == free["free"] - 1


async def test_without_an_outside_system_everybody_is_admitted() -> None:
    await NobodyAsked().check("p_red")
