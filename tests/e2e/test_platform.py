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
from uuid import UUID

import httpx
import psutil
import pytest
from journey import Journey

from lib_ofd import Document, Text
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


async def test_a_seal_from_application_to_revocation(runner: Runner) -> None:
    """Two keepers, a batch by the worker, anyone who verifies: all through the gateway."""
    demo = credentials(runner)
    told: list[str] = []
    journey = Journey(demo, told.append)
    keeper, second = journey.person("staff", "seal_keeper"), journey.person("staff", "admin")
    order = {
        "code": "4104000099001",
        "name": "平顶山市政务服务中心",
        "department": "410400",
        "kind": "special",
        "line": "行政审批专用章",
        "users": [{"user": "s_keeper", "purpose": "归档"}],
    }
    preview = {name: order[name] for name in ("name", "kind", "line", "code")}
    assert (await journey.ask(keeper, "POST", "seal-previews", json=preview)).startswith(b"\x89PNG")
    await journey.ask(keeper, "POST", "seals", json=order)
    own = await keeper.post(f"seals/{order['code']}/approval")
    assert own.json()["type"] == "/problems/four-eyes"
    assert (await journey.ask(second, "POST", f"seals/{order['code']}/approval"))["status"] == "active"

    page = Document(UUID(int=9), "归档件", datetime(2026, 3, 4, tzinfo=UTC))
    page.add(Text(30, 60, "归档件"), Text(150, 150, "（盖章）"))
    place = {"keyword": {"text": "（盖章）"}}
    batch = {"seal_code": order["code"], "purpose": "归档", "place": place}
    path = f"seal-batches/{(await journey.ask(keeper, 'POST', 'seal-batches', json=batch))['id']}"
    encoded = base64.b64encode(page.build()).decode()
    documents = [{"name": f"{number}.ofd", "document": encoded} for number in range(5)]
    await journey.ask(keeper, "POST", f"{path}/documents", json={"documents": documents})
    await journey.ask(keeper, "POST", f"{path}/start")

    async def finished() -> bool:
        return bool((await journey.ask(keeper, "GET", path))["status"] == "finished")

    await journey.wait_for("批次完成", finished)
    sealed = await journey.ask(keeper, "GET", f"{path}/documents/3")
    async with httpx.AsyncClient(base_url=demo["base_url"], timeout=20) as public:
        upload = {"content-type": "application/octet-stream"}
        url = "/public/v1/document-verifications"
        said = (await public.post(url, content=sealed, headers=upload)).json()
        assert said["valid"], said["text"]
        await journey.ask(
            keeper, "POST", f"seals/{order['code']}/revocation", json={"reason": "key_compromise"}
        )
        said = (await public.post(url, content=sealed, headers=upload)).json()
        assert not said["valid"]
        assert "密钥泄露" in said["text"]
        listed = await public.get("/public/v1/revocation-list")
        assert listed.headers["content-type"] == "application/pkix-crl"
        assert b"BEGIN CERTIFICATE" in (await public.get("/public/v1/authority-certificates")).content
    assert (await journey.ask(keeper, "POST", "seal-audit/verification"))["whole"]
    for client in journey.clients.values():
        await client.aclose()


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
