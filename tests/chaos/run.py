"""`make chaos`: a booking rush of about two minutes while one part after the other is killed."""

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chaos.rush import Rush, settle
from chaos.scene import a_scene

from lib_log import configure_logging

SECONDS = 100.0
PEOPLE = 12
BETWEEN = 60
SEED = 410400
PARTS = ["service", "worker", "nats", "postgres"]


def victims(begun: float) -> Iterator[str]:
    """Yield what to kill: rounds of all parts, each in a new order, the first round in any case."""
    dice = random.Random(SEED)  # noqa: S311 - an order, no secret
    for _ in range(100):
        yield from dice.sample(PARTS, len(PARTS))
        if time.monotonic() - begun > SECONDS:
            return


async def main() -> int:
    """Run; return the exit code."""
    configure_logging("chaos", "ERROR")
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {text}", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="city-chaos-"))
    folder.chmod(0o755)
    try:
        async with a_scene(folder) as scene:
            say("running: PostgreSQL, NATS, svc-booking, its worker, a witness of its events")
            rush = Rush(scene, people=PEOPLE, seed=SEED)
            await rush.run(victims(begun), between=BETWEEN, say=say)
            say("the rush is over; waiting for the last events")
            wrong = (await settle(scene)).differences(rush.told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = rush.told
    say(
        f"{len(told.booked)} bookings acknowledged ({told.repeated} of them only after asking again), "
        f"{len(told.cancelled)} cancelled, {told.full} refused as full"
    )
    for difference in wrong:
        say(f"WRONG  {difference}")
    if not wrong:
        say("nothing lost, nothing double, counters equal rows, every event took effect exactly once")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
