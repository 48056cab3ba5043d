"""Platforms for the end-to-end tests."""

import signal
from collections.abc import Generator

import pytest
from platform_runner import Runner, new_runner


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Generator[Runner]:
    """Return the runner of a platform that all tests share: leave it running."""
    made = new_runner(tmp_path_factory)
    made.start()
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def own_runner(tmp_path_factory: pytest.TempPathFactory) -> Generator[Runner]:
    """Return the runner of a platform that this module may stop and start."""
    made = new_runner(tmp_path_factory)
    made.start()
    yield made
    made.stop(signal.SIGKILL)
