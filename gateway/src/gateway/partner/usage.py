"""What partners call: counted in each replica, shared every second, held against quotas, reported.

A replica knows its own requests at once and those of the others as of their last second: that is how far a
quota can be overrun. Counting costs a request no round trip.
"""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

import structlog
from nats.aio.client import Client

from gateway.guards import TooManyRequests
from gateway.partner.domain import Partner
from gateway.store import DAY, Bucket, follow
from lib_kernel import CITY_ZONE, Clock, new_id

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 1.0
REPORT_KEPT = 400 * DAY
QUOTA_KEPT = 2 * DAY
MINUTE = 60


@dataclass(frozen=True)
class UsageRow:
    """How often a partner called an operation on a day and got a status."""

    day: date
    operation: str
    status: int
    count: int


@dataclass
class _Spent:
    """Requests of one replica for one partner, today and in this minute."""

    day: str = ""
    in_day: int = 0
    minute: int = 0
    in_minute: int = 0

    def moved_to(self, day: str, minute: int) -> "_Spent":
        return _Spent(
            day, self.in_day if self.day == day else 0, minute, self.in_minute if self.minute == minute else 0
        )


@dataclass
class _Counts:
    """Requests of this replica for one partner and day, by operation and status."""

    by_call: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Usage:
    """Counts requests of partners."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._replica = new_id().hex
        self._report = Bucket(client, "partner-usage", REPORT_KEPT)
        self._quota = Bucket(client, "partner-quota", QUOTA_KEPT)
        self._own: dict[str, _Spent] = {}
        self._others: dict[str, dict[str, _Spent]] = defaultdict(dict)
        self._counts: dict[tuple[str, str], _Counts] = defaultdict(_Counts)
        self._unsaved: set[tuple[str, str]] = set()

    def take(self, partner: Partner) -> None:
        """Count a request that begins. Raises TooManyRequests when a quota is used up."""
        day, minute = self._moment()
        own = self._own.get(partner.code, _Spent()).moved_to(day, minute)
        others = [spent.moved_to(day, minute) for spent in self._others[partner.code].values()]
        quota = partner.quota
        in_day = own.in_day + sum(spent.in_day for spent in others)
        if quota.per_day is not None and in_day >= quota.per_day:
            raise _used_up("今日调用次数已用完，次日零时恢复", "per_day", quota.per_day, self._to_midnight())
        in_minute = own.in_minute + sum(spent.in_minute for spent in others)
        if quota.per_minute is not None and in_minute >= quota.per_minute:
            left = MINUTE - self._clock.now().timestamp() % MINUTE
            raise _used_up("本分钟调用次数已用完，请于下一分钟再试", "per_minute", quota.per_minute, left)
        self._own[partner.code] = _Spent(day, own.in_day + 1, minute, own.in_minute + 1)

    def note(self, partner: str, operation: str, status: int) -> None:
        """Count a request that was answered, for the report."""
        key = (partner, self._moment()[0])
        self._counts[key].by_call[f"{operation} {status}"] += 1
        self._unsaved.add(key)

    async def run(self) -> None:
        """Share what was counted, every second until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception as error:
                log.warning("usage.not_shared", error=type(error).__name__)

    def follow(self) -> Any:
        """Return what keeps up the counts of the other replicas until cancelled."""
        return follow(self._client, self._quota.name, self._keep, lambda: None)

    async def flush(self) -> None:
        """Write what changed."""
        for key in list(self._unsaved):
            self._unsaved.discard(key)
            try:
                await self._save(*key)
            except Exception:
                self._unsaved.add(key)
                raise

    async def _save(self, partner: str, day: str) -> None:
        content = json.dumps(self._counts[partner, day].by_call, ensure_ascii=False).encode()
        await self._report.put(f"{partner}.{day}.{self._replica}", content)
        spent = self._own.get(partner)
        if spent is not None:
            await self._quota.put(f"{partner}.{self._replica}", json.dumps(vars(spent)).encode())
        if day != self._moment()[0]:
            del self._counts[partner, day]

    async def report(self, partner: str, first: date, last: date) -> list[UsageRow]:
        """Return a partner's requests of some days, by day, operation and status."""
        total: dict[tuple[str, str], int] = defaultdict(int)
        days = (last - first).days + 1
        for day in ((first + timedelta(days=number)).strftime("%Y%m%d") for number in range(days)):
            for content in (await self._report.values(f"{partner}.{day}.*")).values():
                for call, count in json.loads(content).items():
                    total[day, call] += count
        return [_row(day, call, count) for (day, call), count in sorted(total.items())]

    def _moment(self) -> tuple[str, int]:
        now = self._clock.now()
        return now.astimezone(CITY_ZONE).strftime("%Y%m%d"), int(now.timestamp() // 60)

    def _to_midnight(self) -> float:
        now = self._clock.now().astimezone(CITY_ZONE)
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(0), CITY_ZONE)
        return (tomorrow - now).total_seconds()

    def _keep(self, key: str, value: bytes | None) -> None:
        partner, replica = key.split(".")
        if replica == self._replica:
            return
        if value is None:
            self._others[partner].pop(replica, None)
        else:
            self._others[partner][replica] = _Spent(**json.loads(value))


def _used_up(detail: str, quota: str, limit: int, seconds: float) -> TooManyRequests:
    return TooManyRequests(detail, quota=quota, limit=limit, retry_after=ceil(seconds))


def _row(day: str, call: str, count: int) -> UsageRow:
    operation, _, status = call.rpartition(" ")
    return UsageRow(
        datetime.strptime(day, "%Y%m%d").replace(tzinfo=CITY_ZONE).date(), operation, int(status), count
    )
