"""The unit of work: one session, one transaction, the events and the kept answer that belong to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, Self

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from lib_contracts import Event
from lib_db import AnswerRecorder, Sessions
from lib_messaging._envelope import Envelope, wrap
from lib_messaging._tables import MessageTables


class SqlOutbox:
    """Collects the events of one transaction; `flush` writes them into it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._envelopes: list[Envelope] = []

    def add(self, event: Event) -> None:
        """Send `event` when the transaction commits."""
        trace = structlog.contextvars.get_contextvars().get("traceparent")
        self._envelopes.append(wrap(event, source=self._source, now=datetime.now(UTC), traceparent=trace))

    async def flush(self, session: AsyncSession, tables: MessageTables) -> bool:
        """Write the collected events; return whether there were any."""
        if not self._envelopes:
            return False
        await session.execute(tables.outbox.insert(), outbox_rows(self._envelopes))
        self._envelopes.clear()
        return True


def outbox_rows(envelopes: list[Envelope]) -> list[dict[str, object]]:
    """Return the outbox rows of some envelopes."""
    return [
        {"id": e.id, "type": e.type, "envelope": e.model_dump_json(), "created_at": e.time} for e in envelopes
    ]


class SqlUnitOfWork:
    """A transaction around one command. A service subclasses it and opens its stores in `open_stores`.

    Leaving the block without `commit` rolls everything back. `nudge` wakes the relay of this process after a
    commit that left events.
    """

    source: ClassVar[str]
    tables: ClassVar[MessageTables]

    session: AsyncSession
    outbox: SqlOutbox

    def __init__(
        self,
        sessions: Sessions,
        *,
        nudge: Callable[[], None] = lambda: None,
        answer: AnswerRecorder | None = None,
    ) -> None:
        self._sessions = sessions
        self._nudge = nudge
        self._answer = answer

    def open_stores(self) -> None:
        """Bind the service's repositories to `self.session`."""

    async def __aenter__(self) -> Self:
        self.session = self._sessions()
        self.outbox = SqlOutbox(self.source)
        self.open_stores()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def commit(self, answer: object = None) -> None:
        """Write what changed, the events and, for a creating request with a key, the answer; then commit.

        Raises:
            RepeatedRequest: (from the recorder) the same Idempotency-Key was committed in the meantime.
        """
        await self.session.flush()
        has_events = await self.outbox.flush(self.session, self.tables)
        if self._answer is not None and answer is not None:
            await self._answer.record(self.session, answer)
        await self.session.commit()
        if has_events:
            self._nudge()
