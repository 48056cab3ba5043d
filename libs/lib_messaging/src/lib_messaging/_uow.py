"""The unit of work: one session, one transaction, the events and the kept answer that belong to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, Self

import structlog
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from lib_contracts import Event
from lib_db import AnswerRecorder, KeyedRow, NewRows, Sessions
from lib_messaging._envelope import wrap
from lib_messaging._tables import MessageTables


class SqlOutbox:
    """Puts events among the rows of a transaction."""

    def __init__(self, source: str, rows: NewRows, table: Table) -> None:
        self._source = source
        self._rows = rows
        self._table = table

    def add(self, event: Event) -> None:
        """Send `event` when the transaction commits."""
        trace = structlog.contextvars.get_contextvars().get("traceparent")
        e = wrap(event, source=self._source, now=datetime.now(UTC), traceparent=trace)
        row = {"id": e.id, "type": e.type, "envelope": e.model_dump_json(), "created_at": e.time}
        self._rows.add(self._table, row)


class SqlUnitOfWork:
    """A transaction around one command. A service subclasses it and opens its stores in `open_stores`.

    Leaving the block without `commit` rolls everything back. `nudge` wakes the relay of this process after a
    commit that left events. `rows` collects new rows that the command does not touch again: they are written
    at the end, by one statement together with events and answer. That statement is the whole transaction when
    nothing went through `session`.
    """

    source: ClassVar[str]
    tables: ClassVar[MessageTables]

    session: AsyncSession
    rows: NewRows
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
        self.rows = NewRows()
        self.outbox = SqlOutbox(self.source, self.rows, self.tables.outbox)
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
        has_events = self.rows.has(self.tables.outbox)
        keyed = self._answer.row(answer) if self._answer is not None and answer is not None else None
        if not await self._write(keyed) and self._answer is not None:
            raise self._answer.taken()
        await self.session.commit()
        if has_events:
            self._nudge()

    async def _write(self, keyed: KeyedRow | None) -> bool:
        """Write rows and answer; return False when the answer's key is taken."""
        if self.session.in_transaction() or not self.rows.are_few:
            return await self.rows.write(self.session, keyed)
        return await self.rows.write_alone(self.session, keyed)
