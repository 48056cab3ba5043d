"""The relay: carries committed events from the outbox to JetStream, for ever."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from nats.js import JetStreamContext
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from lib_db import among
from lib_messaging._tables import MessageTables

log = structlog.get_logger(__name__)

BATCH = 256
ACK_WAIT = 5.0
SHORTEST_PAUSE = 0.02
LONGEST_PAUSE = 1.0
SENT_KEPT = timedelta(days=3)


class _Unsent(NamedTuple):
    id: UUID
    type: str
    envelope: str


class Relay:
    """Sweeps unsent outbox rows. Any number may run against one database: rows are claimed with SKIP LOCKED.

    Rows are chosen by "unsent", never by "id above the last one": identity values are not commit order. The
    claim is the transaction's row lock, so a relay that dies leaves nothing behind; a row published twice
    keeps its `Nats-Msg-Id` and the consumers' inbox makes the effect single.
    """

    def __init__(self, engine: AsyncEngine, tables: MessageTables) -> None:
        self._engine = engine
        self._outbox = tables.outbox
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Say that this process committed an event."""
        self._wake.set()

    async def run(self, js: JetStreamContext) -> None:
        """Sweep until cancelled; when idle, pause for longer and longer unless nudged."""
        pause = SHORTEST_PAUSE
        while True:
            self._wake.clear()
            try:
                sent = await self.sweep(js)
            except Exception as error:
                log.warning("relay.sweep_failed", error=type(error).__name__)
                sent = 0
                await asyncio.sleep(pause)
            if sent:
                pause = SHORTEST_PAUSE
                if sent < BATCH:
                    # What is committed in the next moment shares one transaction with its neighbours.
                    await asyncio.sleep(SHORTEST_PAUSE)
                continue
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation that meets the wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            pause = SHORTEST_PAUSE if self._wake.is_set() else min(pause * 2, LONGEST_PAUSE)

    async def sweep(self, js: JetStreamContext) -> int:
        """Publish one batch of unsent events and mark what JetStream acknowledged; return how many."""
        async with self._engine.begin() as connection:
            rows = await self._claim(connection)
            if not rows:
                return 0
            sent = await _publish(js, rows)
            if sent:
                marked = update(self._outbox).where(among(self._outbox.c.id, sent))
                await connection.execute(marked.values(sent_at=datetime.now(UTC)))
        return len(sent)

    async def forget_sent(self) -> None:
        """Delete rows sent longer than `SENT_KEPT` ago."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(self._outbox).where(self._outbox.c.sent_at < datetime.now(UTC) - SENT_KEPT)
            )

    async def _claim(self, connection: AsyncConnection) -> Sequence[_Unsent]:
        statement = (
            select(self._outbox.c.id, self._outbox.c.type, self._outbox.c.envelope)
            .where(self._outbox.c.sent_at.is_(None))
            .order_by(self._outbox.c.seq)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        return [_Unsent(*row) for row in await connection.execute(statement)]


async def _publish(js: JetStreamContext, rows: Sequence[_Unsent]) -> list[UUID]:
    acks: dict[asyncio.Future[Any], UUID] = {}
    for row in rows:
        ack = await js.publish_async(row.type, row.envelope.encode(), headers={"Nats-Msg-Id": str(row.id)})
        acks[ack] = row.id
    done, late = await asyncio.wait(acks, timeout=ACK_WAIT)
    for ack in late:
        ack.cancel()
    refused = [ack for ack in done if ack.exception() is not None]
    if late or refused:
        log.warning("relay.not_acknowledged", late=len(late), refused=len(refused))
    return [acks[ack] for ack in done if ack.exception() is None]
