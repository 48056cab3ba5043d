"""Seals: digests signed and documents sealed over HTTP against the raw SM2 loop of the same run."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from bench.harness import ROOT, SECONDS, Figure, Measure

from lib_gm import Sm2PrivateKey, sm3
from lib_local._plan import Plan
from lib_ofd import Document, Text
from lib_web import HEADER, Caller, CallerKind, InternalTokenSigner

DIGESTS = 64
CALLERS = 16


def raw_rate() -> float:
    """Return SM2 signatures a second of one thread that does nothing else."""
    key, message = Sm2PrivateKey.generate(), b"x" * 200
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS / 2:
        key.sign(message)
        done += 1
    return done / (time.perf_counter() - begin)


async def post(plan: Plan, path: str, body: Callable[[], bytes], worth: int) -> float:
    """Return what is done a second by `CALLERS` that post to svc-seal as the licence service."""
    signer = InternalTokenSigner.from_file("svc-license", plan.folder / "keys" / "internal-svc-license.pem")
    token = signer.sign(Caller(CallerKind.SERVICE, "svc-license", "internal"))
    headers = {HEADER: token, "content-type": "application/json"}
    url = f"http://127.0.0.1:{plan.port('seal')}{path}"
    done = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLERS)) as session:

        async def work(until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                async with session.post(url, data=body(), headers=headers) as answer:
                    await answer.read()
                    if answer.status != 201:
                        raise RuntimeError(f"svc-seal answered {answer.status}")
                    done += worth

        await asyncio.gather(*(work(time.perf_counter() + 0.5) for _ in range(CALLERS)))
        done, begin = 0, time.perf_counter()
        await asyncio.gather(*(work(begin + SECONDS) for _ in range(CALLERS)))
        return done / (time.perf_counter() - begin)


def seal_code() -> str:
    """Return the code of a seal of the demonstration city."""
    code: str = json.loads((ROOT / "deploy/demo/city/seals.json").read_text(encoding="utf-8"))[0]["code"]
    return code


def digests(form: str, count: int) -> Callable[[], bytes]:
    """Return the maker of requests to sign `count` digests."""

    def body() -> bytes:
        items = [
            {"digest": sm3(uuid4().bytes).hex(), "property_info": "/Doc_0/Signs/Sign_0/Signature.xml"}
            for _ in range(count)
        ]
        request = {"seal_code": seal, "purpose": "性能测试", "form": form, "items": items}
        return json.dumps(request).encode()

    seal = seal_code()
    return body


async def sign(plan: Plan, _demo: dict[str, Any], *, form: str, count: int) -> Figure:
    """Measure digests signed through HTTP, `count` in a request; each is one committed audit record."""
    before = raw_rate()
    own = await post(plan, "/v1/digest-signatures", digests(form, count), count)
    raw = (before + raw_rate()) / 2
    return Figure(own, "digests/s", f"raw SM2 loop of one thread: {raw:.0f}", own / raw)


async def ofd(plan: Plan, _demo: dict[str, Any]) -> Figure:
    """Measure OFD documents sealed through HTTP, one in a request; file, event and audit record committed."""
    document = Document(UUID(int=1), "证照", datetime(2026, 3, 4, tzinfo=UTC))
    for line in range(12):
        document.add(Text(30, 40 + line * 8, "食品经营许可证 经营者名称 李记面馆"))
    encoded, seal = base64.b64encode(document.build()).decode(), seal_code()

    def body() -> bytes:
        request = {
            "document": encoded,
            "seal_code": seal,
            "purpose": "性能测试",
            "use_key": uuid4().hex,
            "x": 200,
            "y": 130,
        }
        return json.dumps(request).encode()

    before = raw_rate()
    own = await post(plan, "/v1/documents", body, 1)
    raw = (before + raw_rate()) / 2
    return Figure(own, "documents/s", f"raw SM2 loop of one thread: {raw:.0f}", own / raw)


FIGURES: dict[str, Measure] = {
    "seal.sign": lambda plan, demo: sign(plan, demo, form="ses", count=DIGESTS),
    "seal.sign_raw": lambda plan, demo: sign(plan, demo, form="raw", count=DIGESTS),
    "seal.sign_single": lambda plan, demo: sign(plan, demo, form="raw", count=1),
    "seal.ofd": ofd,
}
