"""What a process of a service holds while it runs: engine, sessions, relay, clock, broker connection."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog
from nats.aio.client import Client
from sqlalchemy import MetaData, Table, text

from lib_db import AnswerRecorder, KeptAnswers, make_engine, make_reading_sessions, make_sessions
from lib_kernel import Clock, clock_from
from lib_messaging import MessageTables, Periodic, Relay, SqlUnitOfWork, connect, ensure_streams
from lib_service._settings import ServiceSettings

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
CONNECT_PAUSE = 0.5


@dataclass(frozen=True)
class Service:
    """A service as its parts see it: `name` is also the issuer of its internal tokens."""

    name: str
    title: str
    metadata: MetaData
    messages: MessageTables
    answers: Table
    uow: type[SqlUnitOfWork]
    migrations: Path


class Runtime:
    """Built once per process from settings; nothing is opened before it is used."""

    def __init__(self, service: Service, settings: ServiceSettings, clock: Clock | None = None) -> None:
        self.service = service
        self.settings = settings
        self.clock = clock or clock_from(settings.clock_file)
        self.engine = make_engine(
            settings.database_url, pool_size=settings.database_pool, application=service.name
        )
        self.sessions = make_sessions(self.engine)
        self.reading = make_reading_sessions(self.engine)
        self.answers = KeptAnswers(service.answers)
        self.relay = Relay(self.engine, service.messages)
        self.nats: Client | None = None

    def uow(self, answer: AnswerRecorder | None = None) -> SqlUnitOfWork:
        """Return a unit of work of the service; its events wake this process's relay."""
        return self.service.uow(self.sessions, nudge=self.relay.nudge, answer=answer)

    async def connect(self) -> Client:
        """Return the broker connection, waiting for the broker as long as it takes, streams declared."""
        while self.nats is None:
            try:
                self.nats = await connected(self.settings.nats_url, self.service.name)
            except Exception as error:
                log.warning("nats.waiting", error=type(error).__name__)
                await asyncio.sleep(CONNECT_PAUSE)
        return self.nats

    async def relay_events(self) -> None:
        """Carry this service's events to the broker until cancelled."""
        client = await self.connect()
        await self.relay.run(client.jetstream())

    async def database_answers(self) -> bool:
        """Return whether the database answers a trivial query."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as error:
            log.warning("database.unreachable", error=type(error).__name__)
            return False
        return True

    def housekeeping(self) -> list[Periodic]:
        """Return the duties every service has."""
        return [Periodic("forget-old-rows", self._forget, HOUSEKEEPING_SECONDS)]

    async def _forget(self) -> None:
        await self.relay.forget_sent()
        async with self.sessions.begin() as session:
            await self.answers.forget_old(session)

    async def aclose(self) -> None:
        """Close the broker connection and the database pool."""
        if self.nats is not None:
            await self.nats.close()
        await self.engine.dispose()


async def connected(url: str, name: str) -> Client:
    """Return a connection to the broker on which all streams are declared."""
    client = await connect(url, name=name)
    try:
        await ensure_streams(client)
    except BaseException:
        await client.close()
        raise
    return client
