"""A `make run` for the end-to-end tests."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from lib_testing import free_block

ROOT = Path(__file__).parents[2]
START_SECONDS = 180.0
PORTS = 30  # The runner takes that many from its base on.


class Runner:
    """A `make run` of its own: own folder, own ports."""

    def __init__(self, folder: Path, base: int, *, has_past: bool = True) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "RUN_DIR": str(folder),
            "PORT_BASE": str(base),
            "LOG_LEVEL": "WARNING",
            "DEMO_PAST": "on" if has_past else "off",
            "GATEWAY_BODY_SECONDS": "2",
            "GATEWAY_UPSTREAM_SECONDS": "5",
            "GATEWAY_PATIENCE_SECONDS": "45",  # A machine with much else to do starts a process slowly.
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Start and return what `demo.json` says once it is written."""
        self.begin()
        return self.wait()

    def begin(self) -> None:
        """Start without waiting until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "demo.json").unlink(missing_ok=True)  # A killed run leaves its own behind.
        with (self.folder / "runner.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lib_local", "run"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> dict[str, Any]:
        """Wait until a run that was begun is ready and return what `demo.json` says."""
        assert self._process is not None, "begin comes first"
        deadline = time.monotonic() + START_SECONDS
        demo = self.folder / "demo.json"
        while not demo.exists():
            try:
                self._process.wait(0.2)
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, "the platform did not become ready in time"
                continue
            raise AssertionError((self.folder / "runner.log").read_text())
        return self.demo

    def stop(self, number: int = signal.SIGTERM) -> list[psutil.Process]:
        """Send a signal; return the processes that were running and are not gone a while later."""
        if self._process is None:
            return []
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(number)
        self._process.wait(60)
        self._process = None
        _, alive = psutil.wait_procs(children, timeout=30)
        return alive

    def try_again(self) -> subprocess.CompletedProcess[str]:
        """Start a second run on the same folder and ports and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "lib_local", "run"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def is_begun(self) -> bool:
        """Return whether it was begun and not stopped."""
        return self._process is not None

    @property
    def demo(self) -> dict[str, Any]:
        """Return what `demo.json` says."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return found


def new_runner(tmp_path_factory: pytest.TempPathFactory, *, has_past: bool = True) -> Runner:
    """Return a runner with a folder and ports of its own, not started."""
    folder = tmp_path_factory.mktemp("platform")
    # The database server runs as another user when the tests run as root.
    for path in (folder, *folder.parents[:2]):
        path.chmod(path.stat().st_mode | 0o055)
    return Runner(folder / "run", free_block(PORTS), has_past=has_past)
