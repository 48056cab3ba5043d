"""`kill -9` of the service between commit and publish loses no event and doubles none."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
from nats.aio.client import Client

from lib_db import make_engine
from lib_messaging import Relay
from lib_testing import CITIZEN, FixedClock, free_port, internal_keys_file, signer
from lib_web import HEADER
from svc_booking.database import MESSAGES


async def listening(url: str) -> None:
    """Wait until the service answers."""
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    raise AssertionError("the service did not start")


async def test_an_event_committed_before_the_kill_arrives_once(
    database: str, hall: str, broker: Client, tmp_path: Path
) -> None:
    port = free_port()
    clock_file = tmp_path / "clock.json"
    # The service lives on the fixed Wednesday of the test data, and its broker is out of reach.
    shift = (FixedClock().now() - datetime.now(UTC)).total_seconds()
    clock_file.write_text(json.dumps({"offset_seconds": shift}))
    environment = {
        **os.environ,
        "BOOKING_DATABASE_URL": database,
        "NATS_URL": f"nats://127.0.0.1:{free_port()}",
        "INTERNAL_KEYS_FILE": str(internal_keys_file(tmp_path)),
        "CLOCK_FILE": str(clock_file),
    }
    arguments = ["-m", "uvicorn", "svc_booking.main:app", "--port", str(port), "--log-level", "warning"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await listening(f"http://127.0.0.1:{port}/health/live")
        headers = {HEADER: signer().sign(CITIZEN)}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            free = (await client.get(f"/v1/service-points/{hall}/slots", params={"group": "business"})).json()
            order = {"slot_id": free["items"][3]["slot_id"], "item_code": "410131016000"}
            booked = await client.post("/v1/appointments", json=order)
        assert booked.status_code == 201, booked.text
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()

    engine = make_engine(database)
    relay = Relay(engine, MESSAGES)
    js = broker.jetstream()
    first, second = await relay.sweep(js), await relay.sweep(js)
    await engine.dispose()
    assert (first, second) == (1, 0)
    message = await js.get_last_msg("BOOKING", "booking.appointment.booked.v1")
    assert json.loads(message.data or b"")["data"]["appointment_id"] == booked.json()["id"]
    assert (await js.stream_info("BOOKING")).state.messages == 1
