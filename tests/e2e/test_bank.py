"""A partner bank through the gateway: its own check, and events of its customers."""

import asyncio
import subprocess
import sys
from pathlib import Path

from platform_runner import Runner

from lib_partner import PartnerClient, SigningKey

ROOT = Path(__file__).parents[2]


def test_a_banks_own_check_passes_against_the_sandbox(runner: Runner) -> None:
    demo = runner.demo
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
    demo = runner.demo
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
    other = SigningKey(bank["sandbox"]["key_id"], bank["algorithm"], bank["private_key_pem"].encode())
    async with PartnerClient(demo["base_url"], other) as client:
        theirs = (await client.get("/v1/events", after="0"))["items"]
    assert booked["id"] not in {event["subject"] for event in theirs}
