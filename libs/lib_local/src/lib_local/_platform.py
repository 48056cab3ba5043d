"""One run of the whole platform: servers, data, processes, demo identities."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import uvicorn

from lib_kernel import CITY_ZONE
from lib_local import _plan
from lib_local._identity import DemoIdentityProvider
from lib_local._keys import Keys, open_keys
from lib_local._nats import Nats
from lib_local._people import (
    BANK,
    BANK_KEY_ID,
    BANK_SM2_KEY_ID,
    KIOSK,
    SANDBOX_KEY_ID,
    SANDBOX_SM2_KEY_ID,
    Person,
    people,
)
from lib_local._plan import SERVICES, Plan
from lib_local._postgres import Postgres, create_database
from lib_local._supervisor import Command, Supervisor


class AlreadyRunning(RuntimeError):
    """Another run holds the folder."""


async def run(plan: Plan) -> None:
    """Run until SIGINT or SIGTERM; leave no process behind."""
    started = time.monotonic()
    plan.folder.mkdir(parents=True, exist_ok=True)
    (plan.folder / "logs").mkdir(exist_ok=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _held(plan.folder):
        (plan.folder / "demo.json").unlink(missing_ok=True)
        plan.check_ports()
        async with AsyncExitStack() as stack:
            platform = Platform(plan, stack)
            starting = asyncio.create_task(platform.start())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                return
            starting.result()
            platform.announce(time.monotonic() - started)
            await stopping
            (plan.folder / "demo.json").unlink(missing_ok=True)
            print("stopping …", flush=True)


class Platform:
    """The parts of one run, opened in order on `stack`, which closes them in the opposite order."""

    def __init__(self, plan: Plan, stack: AsyncExitStack) -> None:
        self._plan = plan
        self._stack = stack
        self._keys: Keys = open_keys(plan.folder / "keys")
        journey_file = plan.city / "demo.json"
        self.journey: dict[str, str] = json.loads(journey_file.read_text(encoding="utf-8"))
        self.people = people(self.journey["journey_department"], self.journey["journey_point"])
        self.identity = DemoIdentityProvider(plan.issuer, self._keys, self.people, plan.origin)
        self.supervisor = Supervisor(plan.folder / "logs")

    async def start(self) -> None:
        """Start servers, load data, start processes."""
        await self._serve_identity()
        database_urls, nats_url = await self._start_servers()
        shared = _plan.environment(self._plan, database_urls, nats_url, self._nats_token())
        self._stack.push_async_callback(self.supervisor.stop)
        await self._load(shared)
        await self.supervisor.start(_plan.processes(self._plan, shared))

    async def _start_servers(self) -> tuple[dict[str, str], str]:
        """Start the embedded servers, unless the environment names real ones."""
        given = {name: os.environ.get(f"{name.upper()}_DATABASE_URL") for name in SERVICES}
        urls = {name: url for name, url in given.items() if url}
        if len(urls) < len(SERVICES):
            server = Postgres(
                self._plan.folder / "pg", self._plan.port("postgres"), self._keys.text("postgres.password")
            )
            # A server dies with the thread that started it, so it is started here and not in a helper thread.
            self._stack.callback(server.stop)
            server.start(self._plan.folder / "logs" / "postgres.log")
            for name in SERVICES:
                if name not in urls:
                    await create_database(server.url(), name)
                    urls[name] = server.url(name)
        if url := os.environ.get("NATS_URL"):
            return urls, url
        broker = Nats(self._plan.folder / "nats", self._plan.port("nats"), token=self._nats_token())
        self._stack.callback(broker.stop)
        broker.start(self._plan.folder / "logs" / "nats.log")
        return urls, broker.url

    def _nats_token(self) -> str:
        return os.environ.get("NATS_TOKEN") or self._keys.text("nats.token")

    async def _load(self, shared: dict[str, str]) -> None:
        """Migrate and load, unless nothing changed since the last time."""
        state, wanted = self._plan.folder / "state.json", self._plan.fingerprint()
        if state.exists() and json.loads(state.read_text())["loaded"] == wanted:
            return
        print("preparing databases and the city's data …", flush=True)
        point = self.journey["journey_point"]
        public = {name: self._keys.public_pem(name) for name in ("bank", "bank-sm2", "kiosk", "kunshan")}
        registered = _plan.registered_keys(public, point)
        (self._plan.folder / "keys" / "registered.json").write_text(json.dumps(registered))
        yesterday = datetime.now(CITY_ZONE).date() - timedelta(days=1)
        services = _plan.preparations(self._plan, shared, yesterday)
        await asyncio.gather(*(self._in_order(commands) for commands in services))
        await self.supervisor.run_once(_plan.registration(self._plan, shared))
        state.write_text(json.dumps({"loaded": wanted}))

    async def _in_order(self, commands: Sequence[Command]) -> None:
        for command in commands:
            await self.supervisor.run_once(command)

    async def _serve_identity(self) -> None:
        config = uvicorn.Config(
            self.identity, port=self._plan.port("identity"), log_level="warning", lifespan="off"
        )
        server = _QuietServer(config)
        serving = asyncio.create_task(server.serve())

        async def end() -> None:
            server.should_exit = True
            await serving

        self._stack.push_async_callback(end)

    def announce(self, seconds: float) -> None:
        """Say that everything is ready and write the credentials."""
        origin = self._plan.origin
        point, group = self.journey["journey_point"], self.journey["journey_group"]
        lines = [
            f"ready in {seconds:.1f} s: {origin}",
            "",
            f"  open   {origin}/mobile/docs",
            f"  try    curl -G '{origin}/public/v1/items' --data-urlencode 'q=食品经营许可'",
            f"         curl '{origin}/public/v1/service-points/{point}/slots?group={group}'",
            f'         curl -H "Authorization: Bearer $(make -s token NAME=citizen_a)" '
            f"{origin}/mobile/v1/licenses",
            "",
            "  make demo walks through the main journey; Ctrl-C stops everything",
        ]
        print("\n".join(lines), flush=True)
        target = self._plan.folder / "demo.json"
        draft = target.with_suffix(".tmp")
        draft.touch(0o600)
        draft.write_text(json.dumps(self._credentials(), ensure_ascii=False, indent=1), encoding="utf-8")
        draft.rename(target)

    def _credentials(self) -> dict[str, Any]:
        channels: dict[str, dict[str, Any]] = {"pc": {}, "mobile": {}, "staff": {}}
        for person in self.people:
            for channel in person.channels:
                channels[channel][person.user] = self._credential(person)
        return {
            "base_url": self._plan.origin,
            "channels": {**channels, "bank": self._bank(), "kiosk": self._kiosk()},
            "journey": self.journey,
            "clock_file": str(self._plan.clock_file),
            "people": {
                person.user: {"name": person.name, "id_number": person.id_number}
                for person in self.people
                if person.id_number
            },
        }

    def _credential(self, person: Person) -> dict[str, str]:
        known = {"token": self.identity.token(person.user), "name": person.name}
        if person.id_number:
            known["person_id"] = self.identity.person_id(person)
        return known

    def _bank(self) -> dict[str, Any]:
        return {
            "partner": BANK,
            "key_id": BANK_KEY_ID,
            "algorithm": "ed25519",
            "private_key_pem": self._keys.pem("bank"),
            "public_key_pem": self._keys.public_pem("bank"),
            "sm2": {
                "key_id": BANK_SM2_KEY_ID,
                "algorithm": "sm2-sm3",
                "private_key_pem": self._keys.pem("bank-sm2"),
                "public_key_pem": self._keys.public_pem("bank-sm2"),
            },
            # The same keys under other ids: the sandbox is a partner of its own.
            "sandbox": {"key_id": SANDBOX_KEY_ID, "sm2_key_id": SANDBOX_SM2_KEY_ID},
        }

    def _kiosk(self) -> dict[str, Any]:
        return {
            "device": KIOSK,
            "key_id": KIOSK,
            "algorithm": "ed25519",
            "private_key_pem": self._keys.pem("kiosk"),
            "service_point": self.journey["journey_point"],
        }


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to the runner."""

    def install_signal_handlers(self) -> None:
        """Install none."""

    def capture_signals(self) -> Any:
        """Capture none."""
        from contextlib import nullcontext

        return nullcontext()


def _held(folder: Path) -> "_Lock":
    return _Lock(folder / "runner.lock")


class _Lock:
    """The run's folder belongs to one runner; the kernel gives the lock back when it is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: IO[str] | None = None

    def __enter__(self) -> None:
        self._handle = self._path.open("w")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._handle.close()
            raise AlreadyRunning(f"平台已在运行（{self._path.parent}），请先停止它") from error

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.close()


def fail(error: Exception) -> int:
    """Say why nothing runs and return the exit code."""
    sys.stderr.write(f"{error}\n")
    return 2
