"""Failed proofs of identity by address: guessing runs into 429, and an operator sees it.

Limited is the address the attempts come from and never whom they pretend to be, so nobody can lock out a bank
or a terminal by failing in its name. Who sends no proof at all, or one that was good once, is no guesser.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

import structlog
from prometheus_client import Counter

from lib_kernel import TooMany

log = structlog.get_logger(__name__)

REMEMBERED_ADDRESSES = 10_000
IPV6_PREFIX = 64  # What a subscriber gets: any address in it is the same somebody.
FAILURES = Counter("gateway_failed_proofs_total", "Proofs of identity that were wrong", ["channel", "reason"])
HELD_UP = Counter("gateway_addresses_held_up_total", "Times an address ran out of attempts", ["channel"])


class TooManyFailures(TooMany):
    """Too many wrong proofs came from this address (429); after `retry_after` the next one is looked at."""

    code = "too-many-failures"
    title = "身份验证失败次数过多，请稍后再试"


class FailedAttempts:
    """A bucket of attempts for each address that failed; it fills again with time."""

    def __init__(
        self, per_second: float, burst: float, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = per_second
        self._burst = burst
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def is_quiet(self) -> bool:
        """Return whether nobody failed lately: then there is nothing to check."""
        return not self._buckets

    def check(self, address: str) -> None:
        """Refuse an address that has no attempt left. Raises TooManyFailures."""
        left = self._left(_owner_of(address), self._seconds())
        if left < 1:
            raise TooManyFailures(retry_after=ceil((1 - left) / self._rate))

    def note(self, address: str, channel: str, reason: str) -> None:
        """Count a failure."""
        FAILURES.labels(channel, reason).inc()
        owner, now = _owner_of(address), self._seconds()
        left = self._left(owner, now) - 1
        self._buckets[owner] = (left, now)
        self._buckets.move_to_end(owner)
        self._forget(now)
        if left < 1:
            HELD_UP.labels(channel).inc()
            log.warning("security.address_held_up", address=owner, channel=channel, reason=reason)

    def _left(self, owner: str, now: float) -> float:
        left, at = self._buckets.get(owner, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate)

    def _forget(self, now: float) -> None:
        """Forget who has all attempts again, and the least recent when there are too many."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            is_full = self._left(oldest, now) >= self._burst
            if not is_full and len(self._buckets) <= REMEMBERED_ADDRESSES:
                return
            del self._buckets[oldest]


def _owner_of(address: str) -> str:
    """Return on whose account an address goes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, IPV6_PREFIX), strict=False))
    return address
