"""The bank's own check: it passes against this gateway, and it sees what is wrong with another."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from gateway_city import City, ed25519_pair, listening
from gateway_replica import listening_replica, worker

from gateway.conformance.__main__ import _arguments, check, main, report
from gateway.conformance.bench import Bench, Outcome, Unusable
from gateway.conformance.setup import Patient, check_usable
from lib_gm import Sm2PrivateKey
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


def openssl_key(kind: str) -> bytes:
    key = Ed25519PrivateKey.generate()
    if kind == "public":
        return ed25519_pair()[1].encode()
    if kind == "sm2":
        return Sm2PrivateKey.generate().pem()
    locked = BestAvailableEncryption(b"secret") if kind == "locked" else NoEncryption()
    return b"junk" if kind == "junk" else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("public", [], "是公钥"),
        ("locked", [], "openssl pkey"),
        ("sm2", [], "请加 --algorithm sm2-sm3"),
        ("good", ["--algorithm", "sm2-sm3"], "请加 --algorithm ed25519"),
        ("junk", [], "不是 Ed25519 或 SM2"),
        ("good", ["--base-url", "gov.example"], "--base-url 须为"),
        ("good", ["--base-url", "https://gov.example/bank"], "不带路径"),
        ("good", ["--listen", "8443"], "--listen 须为"),
        ("good", [], "连不上 http://127.0.0.1"),
    ],
)
def test_what_is_wrong_here_is_said_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, more: list[str], said: str
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(openssl_key(kind))
    nobody = f"http://127.0.0.1:{free_port()}"
    given = ["--base-url", nobody, "--key", str(path), "--key-id", "box-1", *more]
    assert main(given) == 2
    assert said in capsys.readouterr().err


async def test_a_key_that_is_not_taken_is_explained(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments(city, tmp_path, "http://unused")
    path = tmp_path / "other.pem"
    path.write_bytes(openssl_key("good"))
    async with listening_replica(city) as address:
        for key, key_id, said in ((path, "box-1", "签名不符"), (path, "nobody", "nobody 没有登记")):
            given = ["--base-url", address, "--key", str(key), "--key-id", key_id]
            assert await asyncio.to_thread(main, given) == 2
            assert said in capsys.readouterr().err
    given = ["--base-url", f"http://127.0.0.1:{city.catalog.port}"]
    given += ["--key", str(tmp_path / "box.pem"), "--key-id", "box-1"]
    city.catalog.status = 404
    assert await asyncio.to_thread(main, given) == 2
    assert "不像本平台的网关" in capsys.readouterr().err


def stale(_request: httpx.Request) -> httpx.Response:
    """Answer as a gateway whose clock is five minutes behind."""
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)
    body = {"type": "/problems/signature-invalid", "title": "", "detail": "", "reason": "signature-stale"}
    return httpx.Response(401, json=body, headers={"date": date, "content-type": "application/problem+json"})


async def test_a_clock_that_is_off_is_said_with_by_how_much(city: City) -> None:
    async with httpx.AsyncClient(base_url="http://g", transport=httpx.MockTransport(stale)) as http:
        with pytest.raises(Unusable, match=r"快 3\d\d 秒"):
            await check_usable(Bench("http://g", city.box_key, http))


async def test_it_waits_where_the_gateway_says_so() -> None:
    answers = [httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(401)]
    patient = Patient(httpx.MockTransport(lambda _request: answers.pop(0)))
    async with httpx.AsyncClient(transport=patient) as client:
        assert (await client.get("http://g/")).status_code == 401


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
