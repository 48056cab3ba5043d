"""The bank's own check: it passes against this gateway, and it sees what is wrong with another."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway_city import City, listening
from gateway_replica import listening_replica, worker

from gateway.conformance.__main__ import _arguments, check, main, report
from gateway.conformance.bench import Outcome
from lib_testing import free_port

ROOT = Path(__file__).parents[2]
QUICK = {"requests_per_second": 1000.0, "burst": 1000.0}


def arguments(city: City, tmp_path: Path, address: str, *more: str) -> Any:
    key = tmp_path / "box.pem"
    key.write_bytes(city.box_key.private_pem)
    given = ["--base-url", address, "--key", str(key), "--key-id", "box-1", "--patience", "20", *more]
    return _arguments(given)


async def test_every_rule_passes_against_our_own_sandbox(city: City, tmp_path: Path) -> None:
    async with listening_replica(city, **QUICK) as address, worker(city.settings):
        outcomes = await check(arguments(city, tmp_path, address))
    assert [outcome for outcome in outcomes if not outcome.is_passed] == []
    assert {outcome.number[0] for outcome in outcomes} == {"S", "I", "E", "C", "W"}
    assert len(outcomes) >= 40


async def test_a_platform_that_verifies_nothing_is_found_out(city: City, tmp_path: Path) -> None:
    async def careless(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        body = json.dumps({"is_sandbox": True, "items": []}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async with listening(careless, free_port()) as address:
        outcomes = await check(arguments(city, tmp_path, address, "--no-webhooks"))
    passed = {outcome.number for outcome in outcomes if outcome.is_passed}
    assert passed == {"S01", "S02"}


async def test_a_real_partners_key_is_not_used_for_rehearsals(city: City, tmp_path: Path) -> None:
    given = ["--base-url", "", "--key", str(tmp_path / "box.pem"), "--key-id", "bank-1"]
    arguments(city, tmp_path, "http://unused")
    async with listening_replica(city) as address:
        given[1] = address
        code = await asyncio.to_thread(main, given)
    assert code == 2


def test_the_report_names_what_was_expected_and_what_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    text = report([Outcome("S01", "甲", "200", "200"), Outcome("S02", "乙", "401", "200")])
    assert "通过  S01  甲" in text
    assert "不符  S02  乙  —  期望 401  得到 200" in text
    assert text.endswith("共 2 项，通过 1 项，不符 1 项")
    assert main(["--base-url", "http://x", "--key", "/nowhere.pem", "--key-id", "k"]) == 2
    assert "读不到密钥文件" in capsys.readouterr().err


async def test_the_example_of_the_client_package_runs(city: City, tmp_path: Path) -> None:
    text = (ROOT / "libs" / "lib_partner" / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    key = tmp_path / "bank.pem"
    key.write_bytes(city.bank_key.private_pem)
    city.booking.answer = {"items": [], "next": None}
    async with listening_replica(city) as address:
        environment = {**os.environ, "BASE_URL": address, "KEY_ID": "bank-1", "KEY_FILE": str(key)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert (process.returncode, out.decode().strip()) == (0, "{'items': [], 'next': None}")
    assert city.booking.paths == ["/v1/appointments"]
