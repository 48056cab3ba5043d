"""Forwarding through the gateway, compared with nginx forwarding to the same service."""

import shutil
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count, cycle
from statistics import fmean
from typing import Any

import aiohttp
import psutil
from bench.harness import CONNECTIONS, SECONDS, Figure, Measure, can_connect, citizen_tokens, until
from bench.load import Answers, request, send

from lib_local._plan import Plan
from lib_web import HEADER, Caller, CallerKind, InternalTokenSigner

STREAMS = 1000
ROUNDS = 3
_numbers = count()


@dataclass(frozen=True)
class Way:
    """A way to the catalogue: a port, what stands before the path, and whose header fields go along."""

    port: int
    prefix: str
    callers: Sequence[Mapping[str, str]]

    def requests(self, path: str, *, is_fresh: bool) -> Iterator[bytes]:
        """Yield requests for ever; fresh ones carry what nobody asked with before: they are in no cache."""
        for fields in cycle(self.callers):
            query = f"?n={next(_numbers)}" if is_fresh else ""
            yield request("GET", self.port, f"{self.prefix}{path}{query}", fields)


async def forward(plan: Plan, demo: dict[str, Any], *, with_token: bool) -> Figure:
    """Measure a catalogue read that is not cached, by every way in turn: all meet the same machine."""
    own = Way(plan.port("gateway"), "/public", [{}])
    if with_token:
        tokens = citizen_tokens(plan, demo, CONNECTIONS)
        own = Way(own.port, "/mobile", [{"Authorization": f"Bearer {token}"} for token in tokens])
    return await _compare(plan, own, _item(demo), is_fresh=True)


async def cached(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure a catalogue read that the gateway keeps; nginx keeps nothing."""
    return await _compare(plan, Way(plan.port("gateway"), "/public", [{}]), _item(demo), is_fresh=False)


async def _compare(plan: Plan, own: Way, path: str, *, is_fresh: bool) -> Figure:
    """Measure through the gateway, past it, and through nginx if it is there."""
    with nginx(plan) as port:
        direct = Way(plan.port("catalog"), "", [{HEADER: _internal_token(plan)}])
        ways = {"gateway": own, "service": direct}
        if port is not None:
            await until(lambda: can_connect(port))
            ways["nginx"] = Way(port, "", [{}])
        found: dict[str, list[Answers]] = {name: [] for name in ways}
        for way in ways.values():
            await _ask(way, path, is_fresh=is_fresh, seconds=0.5)
        for _ in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(await _ask(way, path, is_fresh=is_fresh))
    rates = {name: fmean(answers.per_second(200) for answers in rounds) for name, rounds in found.items()}
    slow = {name: fmean(answers.percentile(0.99) for answers in rounds) for name, rounds in found.items()}
    beside = {"p99 ms": slow["gateway"]}
    for name in ways.keys() - {"gateway"}:
        beside |= {f"{name}'s p99 ms": slow[name], f"p99 to {name}'s": slow["gateway"] / slow[name]}
    beside["ratio to the service asked directly"] = rates["gateway"] / rates["service"]
    if port is None:
        return Figure(rates["gateway"], "requests/s", "nginx is not installed", None, beside)
    versus = f"nginx forwarding to the same service: {rates['nginx']:.0f}"
    return Figure(rates["gateway"], "requests/s", versus, rates["gateway"] / rates["nginx"], beside)


async def _ask(way: Way, path: str, *, is_fresh: bool, seconds: float = SECONDS / 2) -> Answers:
    requests = way.requests(path, is_fresh=is_fresh)
    answers = await send(way.port, requests, connections=CONNECTIONS, seconds=seconds)
    assert answers.statuses.keys() == {200}, answers.statuses
    return answers


def _item(demo: dict[str, Any]) -> str:
    return f"/v1/items/{demo['journey']['journey_item']}"


async def streams(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure the memory that a thousand open event streams of halls' boards take in the gateway."""
    url = f"{plan.origin}/public/v1/service-points/{demo['journey']['journey_point']}/board/events"
    gateway, booking = _listener(plan.port("gateway")), _listener(plan.port("booking"))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as session:

        async def listen() -> aiohttp.ClientResponse:
            answer = await session.get(url, headers={"Accept": "text/event-stream"})
            answer.raise_for_status()
            await answer.content.readany()
            return answer

        warm = [await listen() for _ in range(20)]
        before, there = gateway.memory_info().rss, booking.memory_info().rss
        opened = [await listen() for _ in range(STREAMS)]
        took = (gateway.memory_info().rss - before) / 1e6
        beside = (booking.memory_info().rss - there) / 1e6
        for answer in [*warm, *opened]:
            answer.close()
    per_thousand = took * 1000 / STREAMS
    return Figure(per_thousand, "MB/1000", f"the same streams in svc-booking: {beside:.0f} MB", took / beside)


def _listener(port: int) -> psutil.Process:
    for process in psutil.process_iter(["pid"]):
        with suppress(psutil.Error):
            if any(c.status == "LISTEN" and c.laddr.port == port for c in process.net_connections("tcp")):
                return process
    raise SystemExit(f"nobody listens on {port}")


def _internal_token(plan: Plan) -> str:
    signer = InternalTokenSigner.from_file("gateway", plan.folder / "keys" / "internal-gateway.pem")
    return signer.sign(Caller(CallerKind.PUBLIC, "public", "public"))


@contextmanager
def nginx(plan: Plan) -> Generator[int | None]:
    """Run nginx in front of the catalogue; give its port, None where nginx is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield None
        return
    port, config = plan.base + 90, plan.folder / "nginx.conf"
    config.write_text(
        f"""pid {plan.folder}/nginx.pid; error_log stderr crit; worker_processes 1;
events {{ worker_connections 1024; }}
http {{ access_log off; upstream c {{ server 127.0.0.1:{plan.port("catalog")}; keepalive 64; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://c; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_set_header {HEADER} {_internal_token(plan)}; }} }} }}"""
    )
    process = subprocess.Popen([program, "-p", str(plan.folder), "-c", str(config), "-g", "daemon off;"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


FIGURES: dict[str, Measure] = {
    "gateway.forward": lambda plan, demo: forward(plan, demo, with_token=False),
    "gateway.forward_token": lambda plan, demo: forward(plan, demo, with_token=True),
    "gateway.cached": cached,
    "gateway.streams": streams,
}
