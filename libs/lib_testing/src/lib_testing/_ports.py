"""Ports for servers of tests: given to one test only, also with other test runs on the machine."""

import os
import random
import socket
from collections import deque

# Below the range from which systems take the ports of outgoing connections.
LOWEST, HIGHEST = 10_000, 32_000
# A port is kept until so many more were given: longer than any test needs, fewer than a process may open.
MOST_KEPT = 200
_kept: deque[int] = deque()


def free_port() -> int:
    """Return a port that nobody uses, kept for the caller."""
    return free_block(1)


def free_block(size: int) -> int:
    """Return the first of `size` neighbouring ports that nobody uses, kept for the caller.

    Kept means: bound, not listening, open to a server that binds with SO_REUSEADDR, as all of ours do. The
    system gives such a port to no outgoing connection, no other caller here or in another process finds it
    free, and until the server listens connections are refused.
    """
    while True:
        base = random.randrange(LOWEST, HIGHEST - size)  # noqa: S311 - no secret
        found: list[int] = []
        try:
            for port in range(base, base + size):
                found.append(_keep(port))
        except OSError:
            _close(found)
            continue
        _kept.extend(found)
        _close([_kept.popleft() for _ in range(len(_kept) - MOST_KEPT)])
        return base


def _keep(port: int) -> int:
    """Bind a port and return the socket's descriptor. Raises OSError where it is used or kept already."""
    with socket.socket() as keeper:
        keeper.bind(("127.0.0.1", port))
        # Only now: with it, the bind above would share the port with others' keepers.
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return keeper.detach()


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
