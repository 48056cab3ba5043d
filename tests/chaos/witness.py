"""Another service's side: notes each event's effect, once, in a database of its own."""

from sqlalchemy import Column, MetaData, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncEngine

from lib_contracts.booking import AppointmentBooked, AppointmentCancelled
from lib_db import Sessions, new_metadata
from lib_messaging import InboxProcessor, SqlUnitOfWork, connect, consume, message_tables, on

METADATA: MetaData = new_metadata()
TABLES = message_tables(METADATA)
# Without any unique column: an event that takes effect twice must be seen here twice.
effect = Table(
    "effect", METADATA, Column("type", Text, nullable=False), Column("appointment_id", Uuid, nullable=False)
)


class WitnessUnitOfWork(SqlUnitOfWork):
    """The unit of work of the witness."""

    source = "witness"
    tables = TABLES


@on(AppointmentBooked, durable="chaos-witness-booked")
async def note_booked(event: AppointmentBooked, *, uow: SqlUnitOfWork) -> None:
    """Note a booking."""
    await _note(event, uow)


@on(AppointmentCancelled, durable="chaos-witness-cancelled")
async def note_cancelled(event: AppointmentCancelled, *, uow: SqlUnitOfWork) -> None:
    """Note a cancellation."""
    await _note(event, uow)


async def _note(event: AppointmentBooked | AppointmentCancelled, uow: SqlUnitOfWork) -> None:
    values = {"type": event.type, "appointment_id": event.appointment_id}
    await uow.session.execute(effect.insert().values(**values))


CONSUMERS = (note_booked, note_cancelled)


async def make_tables(engine: AsyncEngine) -> None:
    """Create the witness's tables."""
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)


async def witness(nats_url: str, sessions: Sessions, number: int) -> None:
    """Consume one kind of event until cancelled."""
    consumer = CONSUMERS[number]
    client = await connect(nats_url, name=consumer.durable)
    try:
        processor = InboxProcessor(consumer, lambda: WitnessUnitOfWork(sessions))
        await consume(client, [consumer.event.type], consumer.durable, processor)
    finally:
        await client.close()


async def effects(sessions: Sessions) -> list[tuple[str, str]]:
    """Return type and appointment of each effect."""
    async with sessions() as session:
        return [(kind, str(found)) for kind, found in await session.execute(select(effect))]


async def dead_letters(sessions: Sessions) -> int:
    """Return how many events were given up on."""
    async with sessions() as session:
        return len((await session.execute(select(TABLES.dead.c.id))).all())
