"""What the benchmarks share: a running platform, its citizens, a figure with what it is compared to."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib_local._identity import DemoIdentityProvider
from lib_local._keys import open_keys
from lib_local._people import Person
from lib_local._plan import Plan

ROOT = Path(__file__).parents[2]
SECONDS = 4.0
CONNECTIONS = 32


@dataclass(frozen=True)
class Figure:
    """A measured value with what it is compared to; `beside` holds what else the same run showed."""

    value: float
    unit: str
    versus: str
    ratio: float | None
    beside: Mapping[str, float] = field(default_factory=dict)


Measure = Callable[[Plan, dict[str, Any]], Awaitable[Figure]]


@contextmanager
def platform() -> Generator[tuple[Plan, dict[str, Any]]]:
    """Run the platform for the benchmarks; yield its plan and credentials."""
    folder = Path(tempfile.mkdtemp(prefix="city-bench-"))
    folder.chmod(0o755)
    base = int(os.environ.get("PORT_BASE", "8000")) + 500
    plan = Plan(ROOT, folder / "run", base)
    fast = {"GATEWAY_REQUESTS_PER_SECOND": "1e9", "GATEWAY_BURST": "1e9", "LOG_LEVEL": "WARNING"}
    fast["GATEWAY_MOST_STREAMS_OF_ONE"] = "5000"
    environment = {**os.environ, "RUN_DIR": str(plan.folder), "PORT_BASE": str(base), **fast}
    command = [sys.executable, "-m", "lib_local", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        demo = plan.folder / "demo.json"
        while not demo.exists():
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
            raise SystemExit("the platform did not start")
        yield plan, json.loads(demo.read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def citizen_tokens(plan: Plan, demo: dict[str, Any], count: int, crowd: str = "bench") -> list[str]:
    """Return access tokens of made-up citizens; those of another crowd are other people."""
    people = [Person(f"{crowd}{number}", "", f"{crowd}{number:013d}") for number in range(count)]
    provider = DemoIdentityProvider(plan.issuer, open_keys(plan.folder / "keys"), people)
    return [provider.token(person.user) for person in people]


async def can_connect(port: int) -> bool:
    """Return whether somebody listens."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `look` says yes."""
    async with asyncio.timeout(60):
        while not await look():
            await asyncio.sleep(0.01)


def database(plan: Plan, name: str) -> str:
    """Return the address of a service's database."""
    password = (plan.folder / "keys" / "postgres.password").read_text().strip()
    return f"postgresql://city:{password}@127.0.0.1:{plan.port('postgres')}/{name}"
