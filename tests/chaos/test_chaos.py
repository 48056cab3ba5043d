"""`kill -9` of every part in a booking rush: nothing acknowledged is lost, nothing is double."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from chaos.rush import BOOKED, Rush, Told, Truth, settle
from chaos.scene import a_scene


@pytest.fixture
def folder() -> Generator[Path]:
    """Return a folder that also the database's account reaches."""
    made = Path(tempfile.mkdtemp(prefix="city-chaos-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def test_killing_service_worker_broker_and_database_in_a_rush_loses_and_doubles_nothing(
    folder: Path,
) -> None:
    said: list[str] = []
    async with a_scene(folder) as scene:
        rush = Rush(scene, people=6)
        await rush.run(["service", "worker", "nats", "postgres"], between=15, say=said.append)
        truth = await settle(scene)
    assert truth.differences(rush.told) == []
    assert len(rush.told.booked) >= 75
    assert len(said) == 4


def test_a_loss_a_double_and_a_wrong_counter_would_be_noticed() -> None:
    told = Told(booked={"p_1": "a", "p_2": "b"}, cancelled={"b"})
    once = Counter({(BOOKED, "a"): 1})
    lost = Truth({"p_1": "a"}, set(), 1, ["slot"], 1, once, once + once, 1)
    assert lost.differences(told) == [
        "acknowledged bookings are missing: 1",
        "people with two appointments: 1",
        "acknowledged cancellations are missing: 1",
        "slots whose counter differs from their rows: 1",
        "overbooked slots: 1",
        "events without exactly one effect: 1",
        "dead letters: 1",
    ]
