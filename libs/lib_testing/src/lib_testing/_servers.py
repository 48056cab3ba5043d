"""One PostgreSQL and one NATS per test run.

The run has a folder; its path is in the environment, so that the workers of pytest-xdist find it. Servers die
with the process that started them, so the process that begins the run starts them: in a parallel run a worker
may end while others still test.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib_local.servers import Nats, Postgres
from lib_testing._ports import free_port

RUN_FOLDER = "CITY_TEST_RUN"
PASSWORD = "only-for-tests"  # noqa: S105 - a server on the loopback that lives for one test run
ACCOUNTS = 48
_started: list[Postgres | Nats] = []  # Held, so that the run's servers are not collected before its end.


def begin_run(*, is_parallel: bool) -> bool:
    """Make the run's folder unless this is a worker of a run; return whether it was made here.

    In a run without workers the servers start when the first test asks for them.
    """
    if RUN_FOLDER in os.environ:
        return False
    folder = Path(tempfile.mkdtemp(prefix="city-tests-"))
    folder.chmod(0o755)
    os.environ[RUN_FOLDER] = str(folder)
    if is_parallel:
        once("postgres", start_postgres)
        once("nats", start_nats)
    return True


def end_run() -> None:
    """Stop the servers of the run and remove its folder."""
    folder = Path(os.environ.pop(RUN_FOLDER))
    while _started:
        _started.pop().stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(name: str) -> Generator[Path]:
    """Hold a lock of the run; yield the run's folder."""
    folder = Path(os.environ[RUN_FOLDER])
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder


def once(name: str, start: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return what `start` gave when the first worker of the run called it."""
    with locked(name) as folder:
        noted = folder / f"{name}.json"
        if not noted.exists():
            noted.write_text(json.dumps(start(folder)))
        found: dict[str, Any] = json.loads(noted.read_text())
        return found


def start_postgres(folder: Path) -> dict[str, Any]:
    """Start the run's database server."""
    server = Postgres(folder / "pg", free_port(), PASSWORD, durable=False)
    server.start(folder / "postgres.log")
    _started.append(server)
    return {"port": server.port}


def start_nats(folder: Path) -> dict[str, Any]:
    """Start the run's broker, with many accounts: each test that needs it has one to itself."""
    accounts = {f"T{number}": PASSWORD for number in range(ACCOUNTS)}
    server = Nats(folder / "nats", free_port(), accounts=accounts)
    server.start(folder / "nats.log")
    _started.append(server)
    return {"port": server.port}
