"""The whole platform as `make run` starts it: main journey, restarts, what goes wrong in real life."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from journey import Journey

from lib_partner import PartnerClient, SigningKey
from lib_testing import free_block

ROOT = Path(__file__).parents[2]
START_SECONDS = 180.0
PORTS = 30  # The runner takes that many from its base on.


class Runner:
    """A `make run` of its own: own folder, own ports."""

    def __init__(self, folder: Path, base: int) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "RUN_DIR": str(folder),
            "PORT_BASE": str(base),
            "LOG_LEVEL": "WARNING",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Start and return what `demo.json` says once it is written."""
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
        deadline = time.monotonic() + START_SECONDS
        demo = self.folder / "demo.json"
        while not demo.exists():
            try:
                self._process.wait(0.2)
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, "the platform did not become ready in time"
                continue
            raise AssertionError((self.folder / "runner.log").read_text())
        found: dict[str, Any] = json.loads(demo.read_text(encoding="utf-8"))
        return found

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


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Generator[Runner]:
    """Return a runner whose platform runs."""
    folder = tmp_path_factory.mktemp("platform")
    # The database server runs as another user when the tests run as root.
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    made = Runner(folder / "run", free_block(PORTS))
    made.start()
    yield made
    made.stop(signal.SIGKILL)


def credentials(runner: Runner) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((runner.folder / "demo.json").read_text(encoding="utf-8"))
    return found


async def test_the_main_journey(runner: Runner) -> None:
    told: list[str] = []
    facts = await Journey(credentials(runner), told.append).walk()
    assert facts["case"]["status"] == "closed"
    assert facts["license"]["status"] == "valid"
    assert facts["document"].startswith(b"PK")
    assert facts["preview"].startswith(b"\x89PNG")
    assert len(told) == 18


async def test_each_channel_describes_itself(runner: Runner) -> None:
    async with httpx.AsyncClient(base_url=credentials(runner)["base_url"], timeout=20) as client:
        for channel in ("public", "pc", "mobile", "kiosk", "bank", "staff"):
            document = (await client.get(f"/{channel}/openapi.json")).json()
            assert f"/{channel}/v1/items" in document["paths"]
            assert "http" not in (await client.get(f"/{channel}/docs")).text


def test_a_second_run_says_that_one_runs_already(runner: Runner) -> None:
    second = runner.try_again()
    assert second.returncode == 2
    assert "已在运行" in second.stderr
    assert (runner.folder / "demo.json").exists()


async def test_a_service_that_is_away_does_not_take_the_others_with_it(runner: Runner) -> None:
    demo = credentials(runner)
    booking = next(
        process
        for process in psutil.process_iter(["pid"])
        if _listens(process, int(demo["base_url"].rsplit(":", 1)[1]) + 12)
    )
    booking.send_signal(signal.SIGSTOP)
    try:
        async with httpx.AsyncClient(base_url=demo["base_url"], timeout=30) as client:
            slots = f"/public/v1/service-points/{demo['journey']['journey_point']}/slots?group=business"
            silent, items = await asyncio.gather(client.get(slots), client.get("/public/v1/items?limit=1"))
        assert (silent.status_code, silent.json()["type"]) == (504, "/problems/upstream-timeout")
        assert items.status_code == 200
    finally:
        booking.send_signal(signal.SIGCONT)


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(c.status == "LISTEN" and c.laddr.port == port for c in process.net_connections("tcp"))
    except psutil.Error:
        return False


def test_a_banks_own_check_passes_against_the_sandbox(runner: Runner) -> None:
    demo = credentials(runner)
    bank = demo["channels"]["bank"]
    key = runner.folder / "bank-for-check.pem"
    key.write_text(bank["private_key_pem"], encoding="utf-8")
    options = ["--key", str(key), "--key-id", bank["sandbox"]["key_id"], "--base-url", demo["base_url"]]
    done = subprocess.run(
        [sys.executable, "-m", "gateway.conformance", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "不符 0 项" in done.stdout


async def test_a_bank_books_for_its_customer_and_learns_what_becomes_of_it(runner: Runner) -> None:
    demo = credentials(runner)
    bank, journey = demo["channels"]["bank"], demo["journey"]
    key = SigningKey(bank["key_id"], bank["algorithm"], bank["private_key_pem"].encode())
    number = demo["people"]["citizen_b"]["id_number"]
    async with PartnerClient(demo["base_url"], key) as client:
        session = (await client.post("/v1/sessions", {"id_number": number, "consent": "e2e"}))["session"]
        path = f"/v1/service-points/{journey['journey_point']}/slots"
        slots = (await client.get(path, group=journey["journey_group"]))["items"]
        free = next(slot for slot in reversed(slots) if slot["free"])
        body = {"slot_id": free["slot_id"], "item_code": journey["journey_item"]}
        booked = await client.post("/v1/appointments", body, session=session)
        await client.post(f"/v1/appointments/{booked['id']}/cancellation", {}, session=session)
        for _ in range(300):
            seen = (await client.get("/v1/events", after="0"))["items"]
            mine = [event["type"] for event in seen if event["subject"] == booked["id"]]
            if len(mine) == 2:
                break
            await asyncio.sleep(0.1)
    assert mine == ["booking.appointment.booked.v1", "booking.appointment.cancelled.v1"]
    assert all("person_id" not in event["data"] for event in seen)


def test_data_survive_a_killed_runner_and_no_process_is_left(runner: Runner) -> None:
    demo = credentials(runner)
    token = {"Authorization": f"Bearer {demo['channels']['mobile']['citizen_a']['token']}"}
    url = f"{demo['base_url']}/mobile/v1/licenses"
    before = httpx.get(url, headers=token, timeout=20).json()["items"]
    assert runner.stop(signal.SIGKILL) == []
    demo = runner.start()
    after = httpx.get(url, headers=token, timeout=20).json()["items"]
    assert before == after
    assert before
    assert runner.stop(signal.SIGINT) == []
    assert not (runner.folder / "demo.json").exists()
