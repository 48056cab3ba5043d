"""Forwarding through the gateway, compared with nginx forwarding to the same service."""

import shutil
import subprocess
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import aiohttp
import psutil
from bench.harness import CONNECTIONS, Figure, Measure, can_connect, citizen_tokens, rate, until

from lib_local._plan import Plan

STREAMS = 1000
_numbers = count()


def _item(demo: dict[str, Any]) -> str:
    return f"/v1/items/{demo['journey']['journey_item']}"


def _never_asked_before(url: str) -> str:
    """Return the address with a part that nobody asked with before: its answer is in no cache."""
    return f"{url}?n={next(_numbers)}"


async def forward(plan: Plan, demo: dict[str, Any], *, with_token: bool) -> Figure:
    """Measure a catalogue read that is not cached."""
    tokens = citizen_tokens(plan, demo, CONNECTIONS) if with_token else []
    channel = "mobile" if with_token else "public"
    own = await rate(
        partial(_never_asked_before, f"{plan.origin}/{channel}{_item(demo)}"),
        lambda number: {"Authorization": f"Bearer {tokens[number]}"} if with_token else {},
    )
    return _against(own, await through_nginx(plan, _item(demo)))


async def cached(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure a catalogue read that the gateway keeps."""
    own = await rate(lambda: f"{plan.origin}/public{_item(demo)}", lambda _: {})
    return _against(own, await through_nginx(plan, _item(demo)))


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


def _against(own: float, other: float | None) -> Figure:
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
        return await rate(partial(_never_asked_before, f"http://127.0.0.1:{port}{path}"), lambda _: {})
    finally:
        process.terminate()
        process.wait()


FIGURES: dict[str, Measure] = {
    "gateway.forward": lambda plan, demo: forward(plan, demo, with_token=False),
    "gateway.forward_token": lambda plan, demo: forward(plan, demo, with_token=True),
    "gateway.cached": cached,
    "gateway.streams": streams,
}
