"""Platforms for the end-to-end tests."""

import signal
from collections.abc import Generator

import pytest
from platform_runner import Runner, new_runner


@pytest.fixture(scope="session")
def runner(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, spare_runner: Runner
) -> Generator[Runner]:
    """Return the runner of a platform that all tests share: leave it running."""
    made = new_runner(tmp_path_factory)
    made.start()
    if any("own_runner" in getattr(item, "fixturenames", ()) for item in request.session.items):
        spare_runner.begin()  # Much of what tests do meanwhile is waiting.
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def spare_runner(tmp_path_factory: pytest.TempPathFactory) -> Generator[Runner]:
    """Return the runner of a second platform, begun at most; without a past it starts quicker."""
    made = new_runner(tmp_path_factory, has_past=False)
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture
def own_runner(spare_runner: Runner) -> Runner:
    """Return the runner of a running platform that a test may treat badly, stop and start."""
    if not spare_runner.is_begun:
        spare_runner.begin()
    spare_runner.wait()
    return spare_runner
