"""Delivers one partner's queue: in order within a business, side by side between them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from gateway.partner.domain import Partner
from gateway.webhook.domain import Answer, Call, Health, Retry, RetryPolicy, after_failure, hurried
from gateway.webhook.journal import Journal
from gateway.webhook.queue import Queue
from lib_kernel import Clock

log = structlog.get_logger(__name__)

AT_ONCE = 8


class Sender(Protocol):
    """Sends a call."""

    async def send(self, url: str, algorithm: str, call: Call, attempt: int) -> Answer:
        """Return what came of it."""
        ...


class Told(Protocol):
    """Is told what needs a person's attention."""

    async def given_up(self, partner: Partner, call: Call, reason: str) -> None:
        """A call was given up."""
        ...

    async def ended(self, partner: Partner) -> None:
        """The partner answered 410: it wants no more calls."""
        ...


class Courier:
    """Works through what is due; whoever holds the partner's lease calls `sweep` again and again.

    Only the oldest call of a business is ever tried. One business that fails holds up nothing but itself;
    when everything fails the partner rests, and one call at a time tries whether it is back.
    """

    def __init__(
        self,
        code: str,
        *,
        partner: Callable[[], Partner | None],
        queue: Queue,
        journal: Journal,
        sender: Sender,
        told: Told,
        clock: Clock,
        policy: RetryPolicy,
    ) -> None:
        self._code = code
        self._partner = partner
        self._queue = queue
        self._journal = journal
        self._sender = sender
        self._told = told
        self._clock = clock
        self._policy = policy
        self._retries: dict[str, Retry] | None = None
        self._health = Health()

    async def sweep(self) -> float | None:
        """Deliver what is due. Return the seconds until more is due, None when nothing waits."""
        partner = self._partner()
        if partner is None or partner.webhook is None or not partner.is_called:
            return None
        if self._retries is None:
            self._health = await self._queue.health(self._code)
            self._retries = await self._queue.retries(self._code)
        if self._health.address != partner.webhook.url:
            await self._note_health(Health(partner.webhook.url))
            self._hurry()
        waiting = await self._queue.businesses(self._code)
        await self._forget_others(waiting)
        if self._health.is_resting:
            await self._probe(sorted(waiting))
        if not self._health.is_resting:
            await self._deliver_due(sorted(waiting))
        return self._seconds_left()

    async def _probe(self, waiting: list[str]) -> None:
        """Try one call of a resting partner; if it is taken, all others are due at once."""
        if self._health.waits(self._clock.now()) or not waiting:
            return
        retries = self._known()
        business = min(
            waiting, key=lambda name: retries[name].next_at if name in retries else self._clock.now()
        )
        await self._deliver_next(business)
        if not self._health.is_resting:
            self._hurry()
        elif self._is_down_too_long():
            await self._give_up_old(waiting)

    async def _deliver_due(self, waiting: list[str]) -> None:
        retries, now = self._known(), self._clock.now()
        due = iter([name for name in waiting if name not in retries or retries[name].is_due(now)])

        async def work() -> None:
            for business in due:
                while self._may_go_on() and await self._deliver_next(business):
                    pass

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    async def _deliver_next(self, business: str) -> bool:
        """Try the oldest call of a business; return whether the next one may follow at once."""
        call, partner = await self._queue.oldest(self._code, business), self._partner()
        if call is None or partner is None or partner.webhook is None:
            await self._note_retry(business, None)
            return False
        retry = self._known().get(business)
        attempt = (retry.attempts if retry and retry.number == call.number else 0) + 1
        answer = await self._sender.send(partner.webhook.url, partner.webhook.algorithm, call, attempt)
        now = self._clock.now()
        if answer.is_taken:
            await self._note_health(Health(self._health.address))
            await self._done(call, attempt, answer, "delivered", now)
            return True
        if answer.is_end:
            await self._journal.note(self._code, call, attempt, answer, "ended", now)
            await self._told.ended(partner)
            await self._queue.clear(self._code)
            self._retries = {}
            return False
        await self._note_health(self._health.after_failure(now, self._policy))
        if call.is_too_old(now, self._policy):
            await self._give_up(partner, call, attempt, answer, now)
            return True
        await self._journal.note(self._code, call, attempt, answer, "retry", now)
        await self._note_retry(business, after_failure(call, retry, answer, now, self._policy))
        return False

    async def _done(self, call: Call, attempt: int, answer: Answer, outcome: str, now: datetime) -> None:
        # Logged first: a kill in between sends the call again, which its id allows, and loses no record.
        await self._journal.note(self._code, call, attempt, answer, outcome, now)
        await self._queue.remove(call)
        await self._note_retry(call.business, None)

    async def _give_up(
        self, partner: Partner, call: Call, attempt: int, answer: Answer, now: datetime
    ) -> None:
        await self._journal.bury(self._code, call, answer.text, now)
        await self._told.given_up(partner, call, answer.text)
        await self._done(call, attempt, answer, "dead", now)

    async def _give_up_old(self, waiting: list[str]) -> None:
        """Give up what waited its whole time for a partner that never answered in it."""
        partner, now = self._partner(), self._clock.now()
        answer = Answer(0, "PartnerDown")
        for business in waiting:
            while (call := await self._queue.oldest(self._code, business)) is not None:
                if partner is None or not call.is_too_old(now, self._policy):
                    break
                await self._give_up(partner, call, 0, answer, now)

    async def _forget_others(self, waiting: dict[str, int]) -> None:
        for business in [name for name in self._known() if name not in waiting]:
            await self._note_retry(business, None)

    def _hurry(self) -> None:
        now = self._clock.now()
        self._retries = {name: hurried(retry, now) for name, retry in self._known().items()}

    def _is_down_too_long(self) -> bool:
        since = self._health.down_since
        return since is not None and self._clock.now() - since >= self._policy.give_up

    def _may_go_on(self) -> bool:
        return not self._health.is_resting and self._is_called()

    def _is_called(self) -> bool:
        partner = self._partner()
        return partner is not None and partner.is_called

    def _known(self) -> dict[str, Retry]:
        if self._retries is None:
            raise RuntimeError("the courier did not read its state yet")
        return self._retries

    async def _note_retry(self, business: str, retry: Retry | None) -> None:
        known = self._known()
        if retry is not None:
            known[business] = retry
        elif known.pop(business, None) is None:
            return
        await self._queue.note_retry(self._code, business, retry)

    async def _note_health(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            await self._queue.note_health(self._code, health)
            if health.is_resting:
                log.warning("webhook.partner_rests", partner=self._code, failures=health.failures)

    def _seconds_left(self) -> float | None:
        now = self._clock.now()
        if not self._is_called():
            return None
        if self._health.is_resting and self._health.rests_until:
            return max(0.0, (self._health.rests_until - now).total_seconds())
        moments = [retry.next_at for retry in self._known().values()]
        return max(0.0, (min(moments) - now).total_seconds()) if moments else None
