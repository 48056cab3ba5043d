"""The whole platform as `make run` starts it: main journey, restarts, what goes wrong in real life."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from journey import Journey

from lib_local._people import people
from lib_testing import free_block
from svc_license.presentation.offline import check_offline

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


async def test_holder_verifier_bank_and_anyone_agree_on_a_licence(runner: Runner) -> None:
    """Issued by two persons, shown to the bank, checked by anyone, offline, and as a file with its seal."""
    journey = Journey(credentials(runner), lambda _: None)
    try:
        await _use_licence(journey)
    finally:
        for client in journey.clients.values():
            await client.aclose()


async def _use_licence(journey: Journey) -> None:
    holder, bank = journey.person("mobile", "citizen_a"), journey.signed("bank")
    async with httpx.AsyncClient(base_url=f"{journey.demo['base_url']}/public/v1/", timeout=20) as public:
        license_ = await _issue_directly(journey)
        path = f"licenses/{license_['id']}"
        assert (await journey.ask(holder, "GET", f"{path}/pdf")).startswith(b"%PDF")
        assert (await journey.ask(holder, "GET", f"{path}/preview")).startswith(b"\x89PNG")

        body = {"license_id": license_["id"]}
        code = (await journey.ask(holder, "POST", "presentations", json=body))["code"]
        seen = await journey.ask(bank, "POST", "scans", json={"code": code, "purpose": "开户核验"})
        assert (seen["valid"], seen["license_number"]) == (True, license_["number"])
        assert (await bank.post("scans", json={"code": code})).status_code == 409

        detail = await journey.ask(holder, "GET", path)
        check = f"license-checks/{license_['number']}/{detail['check_code']}"
        assert (await journey.ask(public, "GET", check))["valid"]
        assert "有效" in (await public.get(check, headers={"accept": "text/html"})).text
        assert (await public.get(f"{check}X")).status_code == 404

        offline = await journey.ask(holder, "POST", "presentations", json={**body, "form": "offline"})
        keys = await journey.ask(public, "GET", "presentation-keys")
        listed = (await public.get("status-lists/0")).text
        verdict = check_offline(offline["code"], keys, listed, datetime.now(UTC))
        assert (verdict.valid, verdict.facts["no"]) == (True, license_["number"])

        document = await journey.ask(holder, "GET", f"{path}/document")
        encoded = base64.b64encode(document).decode()
        judged = await journey.ask(public, "POST", "license-file-verifications", json={"document": encoded})
        assert judged["valid"], judged
        reads = (await journey.ask(holder, "GET", f"{path}/reads"))["items"]
        assert [(read["basis"], read["purpose"]) for read in reads] == [("presented", "开户核验")]


async def _issue_directly(journey: Journey) -> dict[str, Any]:
    officer, admin = journey.person("staff", "officer"), journey.person("staff", "admin")
    holder = journey.person("mobile", "citizen_a")
    me = next(person for person in people("", "") if person.user == "citizen_a")
    proposal = {
        "action": "issue",
        "reason": "窗口补录",
        "type_code": journey.demo["journey"]["journey_license_type"],
        "holder_name": me.name,
        "holder_number": me.id_number,
        "fields": {"operator_name": "李记面馆总店", "premises": "宝丰县人民路 18 号"},
    }
    decision = await journey.ask(officer, "POST", "license-decisions", json=proposal)
    assert (await officer.post(f"license-decisions/{decision['id']}/approval")).status_code == 403
    decided = await journey.ask(admin, "POST", f"license-decisions/{decision['id']}/approval")

    async def issued() -> dict[str, Any] | None:
        items = (await journey.ask(holder, "GET", "licenses"))["items"]
        return next((item for item in items if item["id"] == decided["result_id"]), None)

    found: dict[str, Any] = await journey.wait_for("直接签发的证照", issued)
    return found


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
