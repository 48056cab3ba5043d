"""Forwarding through the gateway."""

import shutil
import subprocess
from typing import Any

from bench.harness import CONNECTIONS, Figure, Measure, can_connect, citizen_tokens, rate, until

from lib_local._plan import Plan


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


FIGURES: dict[str, Measure] = {
    "gateway.forward": lambda plan, demo: forward(plan, demo, with_token=False),
    "gateway.forward_token": lambda plan, demo: forward(plan, demo, with_token=True),
}
