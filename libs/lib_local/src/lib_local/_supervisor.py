"""Runs the platform's processes: starts them, watches them, stops them all."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lib_local._child import Child, preload

STOP_SECONDS = 15.0
READY_SECONDS = 90.0
PROBE_PAUSE = 0.1
SHORTEST_RESTART, LONGEST_RESTART = 0.5, 10.0


class DidNotStart(RuntimeError):
    """A process ended before it was ready, or was not ready in time."""


@dataclass(frozen=True)
class Command:
    """A process of the platform, `python -m <arguments>`; `ready_url` answers 200 once it can work."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None


class Supervisor:
    """Holds the processes of one run. Their output goes to one file each in `logs`."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        preload()
        self._processes: dict[str, Child] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def run_once(self, command: Command) -> None:
        """Run a command to its end. Raises DidNotStart with its last lines when it fails."""
        process = self._spawn(command)
        if await process.wait() != 0:
            raise DidNotStart(f"{command.name} failed:\n{self._tail(command.name)}")

    async def start(self, commands: Sequence[Command]) -> None:
        """Start processes side by side and wait until all are ready. Raises DidNotStart."""
        for command in commands:
            self._processes[command.name] = self._spawn(command)
        await asyncio.gather(*(self._wait_until_ready(command) for command in commands))
        self._keepers += [asyncio.create_task(self._keep(command)) for command in commands]

    async def stop(self) -> None:
        """Ask all processes to end, and end those that do not."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        running = [process for process in self._processes.values() if process.returncode is None]
        for process in running:
            process.signal(signal.SIGTERM)
        if running:
            await asyncio.wait([asyncio.create_task(p.wait()) for p in running], timeout=STOP_SECONDS)
        for process in running:
            if process.returncode is None:
                process.signal(signal.SIGKILL)
                await process.wait()

    def pid(self, name: str) -> int:
        """Return the process id behind a name."""
        return self._processes[name].pid

    def _spawn(self, command: Command) -> Child:
        return Child(command.arguments, command.environment, self._logs / f"{command.name}.log")

    async def _wait_until_ready(self, command: Command) -> None:
        if command.ready_url is None:
            return
        process = self._processes[command.name]
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(timeout=5) as client:
            while process.returncode is None:
                try:
                    if (await client.get(command.ready_url)).status_code == 200:
                        return
                except httpx.TransportError:
                    pass  # It does not listen yet.
                await asyncio.sleep(PROBE_PAUSE)
        raise DidNotStart(f"{command.name} ended while starting:\n{self._tail(command.name)}")

    async def _keep(self, command: Command) -> None:
        pause = SHORTEST_RESTART
        while True:
            code = await self._processes[command.name].wait()
            sys.stdout.write(f"{command.name} ended with {code}; starting it again\n")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RESTART)
            self._processes[command.name] = self._spawn(command)

    def _tail(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])
