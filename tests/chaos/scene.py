"""svc-booking with servers of its own, any part of which can be killed and comes back."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from chaos.witness import CONSUMERS, make_tables, witness

from lib_db import Sessions, make_engine, make_sessions
from lib_kernel import SystemClock
from lib_local.servers import Nats, Postgres, create_database
from lib_messaging import stop_tasks
from lib_testing import free_port, internal_keys_file
from svc_booking.slot.duties import make_slots_ahead
from svc_booking.slot.store import load_points

PASSWORD = "only-for-chaos"
POINT = "410400-24H"
RESTART_TRIES = 40

HALL: dict[str, Any] = {
    "code": POINT,
    "name": "平顶山市24小时自助服务大厅",
    "kind": "self_service",
    "division": "410400000000",
    "hours": {},
    "always_open": True,
    "groups": [{"code": "comprehensive", "capacity": 30, "windows": ["1号窗口", "2号窗口"]}],
}


class Program:
    """A Python process of the service."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", *self._arguments),
                env={**os.environ, **self._environment},
                stdout=output,
                stderr=output,
            )

    async def done(self) -> None:
        """Wait until it has done its work. Raises RuntimeError when it failed."""
        if self._process is None or await self._process.wait() != 0:
            raise RuntimeError(self._log.read_text(encoding="utf-8"))

    async def end(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal and wait until it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.wait()


class Scene:
    """Everything that runs: two servers, the service, its worker, a witness of its events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "pg", free_port(), PASSWORD)
        self.nats = Nats(folder / "nats", free_port())
        self.port = free_port()
        environment = {
            "BOOKING_DATABASE_URL": self.postgres.url("booking"),
            "NATS_URL": self.nats.url,
            "INTERNAL_KEYS_FILE": str(internal_keys_file(folder)),
            "LOG_LEVEL": "WARNING",
        }
        uvicorn = ["uvicorn", "svc_booking.main:app", "--port", str(self.port), "--log-level", "warning"]
        self._migrate = Program(["svc_booking.migrate"], environment, folder / "migrate.log")
        self.programs = {
            "service": Program(uvicorn, environment, folder / "service.log"),
            "worker": Program(["svc_booking.worker"], environment, folder / "worker.log"),
        }
        self.booking: Sessions
        self.witness: Sessions

    async def migrate(self) -> None:
        """Bring the service's database up."""
        await self._migrate.start()
        await self._migrate.done()

    @property
    def url(self) -> str:
        """Return the service's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def victims(self) -> dict[str, Callable[[], Any]]:
        """Return what can be killed, by name."""
        return {
            "service": lambda: self._again("service"),
            "worker": lambda: self._again("worker"),
            "nats": self._kill_nats,
            "postgres": self._kill_postgres,
        }

    async def _again(self, name: str) -> None:
        await self.programs[name].end(signal.SIGKILL)
        await self.programs[name].start()

    async def _kill_nats(self) -> None:
        _kill(self.nats.pid)
        self.nats.stop()
        await _restart(self.nats.start, self.folder / "nats.log")

    async def _kill_postgres(self) -> None:
        # With all its children: as if the machine lost power, but for the disk.
        _kill(self.postgres.pid)
        self.postgres.stop()
        await _restart(self.postgres.start, self.folder / "postgres.log")


def _kill(pid: int | None) -> None:
    if pid is None:
        raise RuntimeError("it does not run")
    parent = psutil.Process(pid)
    family = [*parent.children(recursive=True), parent]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family[:-1], timeout=10)


async def _restart(start: Callable[[Path], None], log: Path) -> None:
    # A server that was killed may leave a port or a lock behind for a moment.
    for attempt in range(RESTART_TRIES):
        try:
            start(log)
        except RuntimeError:
            if attempt == RESTART_TRIES - 1:
                raise
            await asyncio.sleep(0.25)
        else:
            return


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncGenerator[Scene]:
    """Start everything; yield it once the service answers; leave nothing behind."""
    scene = Scene(folder)
    async with AsyncExitStack() as stack:
        # A server dies with the thread that started it, so it is started here.
        for server in (scene.postgres, scene.nats):
            stack.callback(server.stop)
            server.start(folder / f"{type(server).__name__.lower()}.log")
        for name in ("booking", "witness"):
            await create_database(scene.postgres.url(), name)
        await scene.migrate()
        for program in scene.programs.values():
            stack.push_async_callback(program.end)
        await _load(scene, stack)
        for program in scene.programs.values():
            await program.start()
        await listening(scene.url)
        watching = [
            asyncio.create_task(witness(scene.nats.url, scene.witness, number))
            for number in range(len(CONSUMERS))
        ]
        stack.push_async_callback(stop_tasks, watching)
        yield scene


async def _load(scene: Scene, stack: AsyncExitStack) -> None:
    engines = [make_engine(scene.postgres.url(name), pool_size=5) for name in ("booking", "witness")]
    for engine in engines:
        stack.push_async_callback(engine.dispose)
    scene.booking, scene.witness = map(make_sessions, engines)
    await make_tables(engines[1])
    async with scene.booking.begin() as session:
        await load_points(session, [HALL])
    await make_slots_ahead(scene.booking, SystemClock())


async def listening(url: str) -> None:
    """Wait until the service can serve."""
    async with httpx.AsyncClient() as client, asyncio.timeout(120):
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
