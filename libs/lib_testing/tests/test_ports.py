"""Ports are given once, and are open to the server they were given for."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from lib_testing import free_block, free_port

GIVE_ONE = """
import random, sys
from lib_testing import free_port

numbers = iter(map(int, sys.argv[1:]))
random.randrange = lambda *_: next(numbers)
print(free_port())
"""


def drawing(*drawn: int) -> Callable[..., int]:
    """Return a `randrange` that draws these numbers."""
    numbers = iter(drawn)
    return lambda *_: next(numbers)


def test_a_kept_port_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, other = free_block(2), free_port()
    monkeypatch.setattr("random.randrange", drawing(kept, kept + 1, other))
    with pytest.raises(StopIteration):
        free_port()


def test_another_process_is_not_given_it_either() -> None:
    kept = free_block(3)
    command = [sys.executable, "-c", GIVE_ONE, *(str(port) for port in (kept + 2, kept, kept + 1))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert "StopIteration" in ended.stderr


async def test_connections_are_refused_until_the_server_listens_and_after_it_stopped() -> None:
    port = free_port()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        server.close()
        await server.wait_closed()
