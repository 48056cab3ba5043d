"""Broker accounts lent to tests: streams have fixed names, so each test has its own JetStream."""

import asyncio
import fcntl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import nats

from lib_kernel import new_id
from lib_testing._servers import ACCOUNTS, PASSWORD, RUN_FOLDER, once, start_nats


@contextmanager
def lent_account() -> Generator[str]:
    """Lend a free account; yield the address with its credentials. It is empty again afterwards."""
    port = once("nats", start_nats)["port"]
    number, lock = _borrow()
    url = f"nats://T{number}:{PASSWORD}@127.0.0.1:{port}"
    try:
        yield url
    finally:
        asyncio.run(_empty(url))
        lock.close()


def _borrow() -> tuple[int, IO[str]]:
    import os

    folder = Path(os.environ[RUN_FOLDER])
    begin = new_id().int % ACCOUNTS
    for offset in range(ACCOUNTS):
        number = (begin + offset) % ACCOUNTS
        handle = (folder / f"account-{number}.lock").open("w")
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, handle
        handle.close()
    raise RuntimeError("all broker accounts are lent: does a test keep several?")


async def _empty(url: str) -> None:
    client = await nats.connect(url)
    js = client.jetstream()
    for stream in await js.streams_info():
        if stream.config.name:
            await js.delete_stream(stream.config.name)
    await client.close()
