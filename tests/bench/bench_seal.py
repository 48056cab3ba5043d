"""Seals: digests signed and documents sealed over HTTP against the raw SM2 loop of the same run."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from bench.harness import ROOT, SECONDS, Figure, Measure, can_connect, database, until
from bench.load import Answers, request, send

from lib_gm import Sm2PrivateKey, sm3
from lib_local._plan import Plan, environment, processes
from lib_ofd import Document, Text
from lib_web import HEADER, Caller, CallerKind, InternalTokenSigner

DIGESTS = 64
CALLERS = 16
DOCUMENT_CALLERS = 64
BATCH, BATCHES = 1000, 4
# The port of a second process, beside those of the plan.
REPLICA = 40


def raw_rate() -> float:
    """Return SM2 signatures a second of one thread that does nothing else."""
    key, message = Sm2PrivateKey.generate(), b"x" * 200
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS / 2:
        key.sign(message)
        done += 1
    return done / (time.perf_counter() - begin)


def licence_token(plan: Plan) -> str:
    """Return an internal token of the licence service."""
    signer = InternalTokenSigner.from_file("svc-license", plan.folder / "keys" / "internal-svc-license.pem")
    return signer.sign(Caller(CallerKind.SERVICE, "svc-license", "internal"))


def internal_client(plan: Plan) -> aiohttp.ClientSession:
    """Return a client of svc-seal that speaks as the licence service."""
    return aiohttp.ClientSession(
        f"http://127.0.0.1:{plan.port('seal')}",
        headers={HEADER: licence_token(plan), "content-type": "application/json"},
        connector=aiohttp.TCPConnector(limit=CALLERS),
    )


async def post(
    plan: Plan, path: str, bodies: Iterator[bytes], ports: Sequence[int], callers: int = CALLERS
) -> tuple[float, float]:
    """Return requests a second and the p99 in ms of so many callers at each port, posting as svc-license."""
    fields = {HEADER: licence_token(plan), "Content-Type": "application/json"}

    async def to(port: int, seconds: float) -> Answers:
        requests = (request("POST", port, path, fields, body) for body in bodies)
        answers = await send(port, requests, connections=callers, seconds=seconds)
        assert answers.statuses.keys() == {201}, answers.statuses
        return answers

    await asyncio.gather(*(to(port, 0.5) for port in ports))
    found = await asyncio.gather(*(to(port, SECONDS) for port in ports))
    return sum(one.per_second(201) for one in found), max(one.percentile(0.99) for one in found)


def seal_code() -> str:
    """Return the code of a seal of the demonstration city."""
    code: str = json.loads((ROOT / "deploy/demo/city/seals.json").read_text(encoding="utf-8"))[0]["code"]
    return code


def digests(form: str, count: int) -> Iterator[bytes]:
    """Yield requests to sign `count` digests, for ever."""
    order = {"seal_code": seal_code(), "purpose": "性能测试", "form": form}
    while True:
        items = [
            {"digest": sm3(uuid4().bytes).hex(), "property_info": "/Doc_0/Signs/Sign_0/Signature.xml"}
            for _ in range(count)
        ]
        yield json.dumps({**order, "items": items}).encode()


async def sign(plan: Plan, _demo: dict[str, Any], *, form: str, count: int) -> Figure:
    """Measure digests signed through HTTP, `count` in a request; each is one committed audit record."""
    before = raw_rate()
    rate, p99 = await post(plan, "/v1/digest-signatures", digests(form, count), [plan.port("seal")])
    raw, own = (before + raw_rate()) / 2, rate * count
    return Figure(own, "digests/s", f"raw SM2 loop of one thread: {raw:.0f}", own / raw, {"p99 ms": p99})


def document() -> str:
    """Return a one-page OFD in base64."""
    page = Document(UUID(int=1), "证照", datetime(2026, 3, 4, tzinfo=UTC))
    for line in range(12):
        page.add(Text(30, 40 + line * 8, "食品经营许可证 经营者名称 李记面馆"))
    return base64.b64encode(page.build()).decode()


def documents() -> Iterator[bytes]:
    """Yield requests to seal a document, each for an occasion of its own, for ever."""
    order = {"document": document(), "seal_code": seal_code(), "purpose": "性能测试", "x": 200, "y": 130}
    before, after = json.dumps({**order, "use_key": "?"}).encode().split(b"?")
    while True:
        yield before + uuid4().hex.encode() + after


async def ofd(plan: Plan, _demo: dict[str, Any]) -> Figure:
    """Measure OFD documents sealed through HTTP, one in a request, by two replicas with 64 callers each.

    File, event and audit record of each are committed.
    """
    before, other = raw_rate(), plan.base + REPLICA
    with second(plan, "seal", "--port", str(other)):
        await until(lambda: can_connect(other))
        ports = [plan.port("seal"), other]
        own, p99 = await post(plan, "/v1/documents", documents(), ports, DOCUMENT_CALLERS)
    raw = (before + raw_rate()) / 2
    return Figure(own, "documents/s", f"raw SM2 loop of one thread: {raw:.0f}", own / raw, {"p99 ms": p99})


async def ofd_batch(plan: Plan, _demo: dict[str, Any]) -> Figure:
    """Measure OFD documents sealed in batches of 1,000, from the first upload to the last result."""
    encoded, order = (
        document(),
        {"seal_code": seal_code(), "purpose": "性能测试", "place": {"x": 200, "y": 130}},
    )
    documents = [{"name": f"{number}.ofd", "document": encoded} for number in range(100)]
    upload = json.dumps({"documents": documents}).encode()
    # One batch is sent while those before it are sealed, as an office with a long list does.
    uploading = asyncio.Lock()

    async with internal_client(plan) as client:

        async def one_batch() -> None:
            async with uploading:
                created = await asked(client, "POST", "/v1/batches", json.dumps(order).encode())
                path = f"/v1/batches/{created['id']}"
                for _ in range(BATCH // len(documents)):
                    await asked(client, "POST", f"{path}/documents", upload)
                state = await asked(client, "POST", f"{path}/start", b"{}")
            while state["status"] == "running":
                await asyncio.sleep(0.1)
                state = await asked(client, "GET", path)
            if state["sealed"] != BATCH:
                raise RuntimeError(f"{state['sealed']} of {BATCH} documents were sealed")

        before = raw_rate()
        with second(plan, "seal-worker"):
            await one_batch()
            begin = time.perf_counter()
            await asyncio.gather(*(one_batch() for _ in range(BATCHES)))
            own = BATCHES * BATCH / (time.perf_counter() - begin)
    raw = (before + raw_rate()) / 2
    return Figure(own, "documents/s", f"raw SM2 loop of one thread: {raw:.0f}", own / raw)


@contextmanager
def second(plan: Plan, name: str, *arguments: str) -> Generator[None]:
    """Run a process of svc-seal once more, so that there are as many as the machine has cores."""
    token = (plan.folder / "keys" / "nats.token").read_text(encoding="utf-8").strip()
    url = database(plan, "seal").replace("postgresql", "postgresql+asyncpg", 1)
    shared = environment(plan, {"seal": url}, f"nats://127.0.0.1:{plan.port('nats')}", token)
    [known] = [found for found in processes(plan, shared) if found.name == name]
    mine = {**os.environ, **known.environment, "WORKER_HEALTH_PORT": "", "LOG_LEVEL": "WARNING"}
    process = subprocess.Popen([sys.executable, "-m", *known.arguments, *arguments], env=mine)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


async def asked(client: aiohttp.ClientSession, method: str, path: str, body: bytes | None = None) -> Any:
    """Return the answer of svc-seal."""
    async with client.request(method, path, data=body) as answer:
        if answer.status >= 300:
            raise RuntimeError(f"svc-seal answered {answer.status}")
        return await answer.json()


FIGURES: dict[str, Measure] = {
    "seal.sign": lambda plan, demo: sign(plan, demo, form="ses", count=DIGESTS),
    "seal.sign_raw": lambda plan, demo: sign(plan, demo, form="raw", count=DIGESTS),
    "seal.sign_single": lambda plan, demo: sign(plan, demo, form="raw", count=1),
    "seal.ofd": ofd,
    "seal.ofd_batch": ofd_batch,
}
