"""Replay of dead letters after their cause was mended."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog
from sqlalchemy import select, update

from lib_messaging._consumer import Consumer, InboxProcessor
from lib_messaging._envelope import Envelope
from lib_messaging._uow import SqlUnitOfWork

log = structlog.get_logger(__name__)


async def replay_dead_letters(consumers: Iterable[Consumer], uow: Callable[[], SqlUnitOfWork]) -> int:
    """Handle every dead letter again, oldest first; return how many now succeeded. The others stay."""
    by_durable = {consumer.durable: consumer for consumer in consumers}
    async with uow() as reading:
        dead = reading.tables.dead
        letters = (
            await reading.session.execute(
                select(dead.c.id, dead.c.durable, dead.c.envelope)
                .where(dead.c.replayed_at.is_(None))
                .order_by(dead.c.failed_at, dead.c.id)
            )
        ).all()
    succeeded = 0
    for letter in letters:
        consumer = by_durable.get(letter.durable)
        if consumer is None:
            continue
        try:
            await InboxProcessor(consumer, uow).process(Envelope.model_validate_json(letter.envelope))
        except Exception as error:
            log.warning("replay.failed", durable=letter.durable, error=type(error).__name__)
            continue
        async with uow() as marking:
            await marking.session.execute(
                update(dead).where(dead.c.id == letter.id).values(replayed_at=datetime.now(UTC))
            )
            await marking.commit()
        succeeded += 1
    return succeeded
