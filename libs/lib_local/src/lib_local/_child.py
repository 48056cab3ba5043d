"""Child processes forked from a server that has the heavy libraries loaded already.

A dozen Python processes that each import the same web framework and database toolkit take longer to start
than everything else together; forked from one, they share that work.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import connection
from pathlib import Path

PRELOADED = [
    "aiohttp",
    "alembic.command",
    "asyncpg",
    "fastapi",
    "httptools",
    "httpx",
    "joserfc.jwt",
    "lib_gm",
    "lib_ofd",
    "lib_service.web",
    "nats",
    "pydantic_settings",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
]
_CONTEXT = multiprocessing.get_context("forkserver")


def preload() -> None:
    """Say what the fork server loads; before the first child."""
    _CONTEXT.set_forkserver_preload(PRELOADED)


class Child:
    """One running child."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start `python -m <arguments>`, with its output appended to `log`."""
        self._process = _CONTEXT.Process(target=_run, args=(list(arguments), dict(environment), log))
        self._process.start()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code once it has ended."""
        return self._process.exitcode

    async def wait(self) -> int:
        """Return the exit code when it ends."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0

    def signal(self, number: int) -> None:
        """Send a signal to the child and its own children."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def _end_with_runner() -> None:
    """Wait until the runner is gone, however it went, and end this process as a stop would."""
    runner = multiprocessing.parent_process()
    if runner is not None:
        connection.wait([runner.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _run(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    os.setsid()
    threading.Thread(target=_end_with_runner, daemon=True).start()
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.update(environment)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
