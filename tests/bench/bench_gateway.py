"""Forwarding through the gateway, compared with nginx forwarding to the same service."""

import shutil
import subprocess
from functools import partial
from itertools import count
from typing import Any

from bench.harness import CONNECTIONS, Figure, Measure, can_connect, citizen_tokens, rate, until

from lib_local._plan import Plan

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
}
