"""What the commands on cases need from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_complaint.complaint_case.domain import Case
from svc_complaint.directory.ports import Directory
from svc_complaint.kind.ports import Kinds
from svc_complaint.timer.domain import Due
from svc_complaint.timer.ports import Timers
from svc_complaint.triage.ports import Triage


class Cases(Protocol):
    """Cases inside one transaction."""

    def add(self, case: Case) -> None:
        """Keep a new case."""
        ...

    async def one(self, case_id: UUID) -> Case:
        """Return the case as it stands. Raises NoSuchCase."""
        ...

    async def lock(self, case_id: UUID) -> Case:
        """Return the case, locked. Raises NoSuchCase."""
        ...

    async def lock_tracked(self, tracking_hash: str) -> Case:
        """Return the case of a tracking code, locked. Raises NoSuchCase."""
        ...

    async def is_known(self, external: str) -> bool:
        """Return whether an order from elsewhere (`platform:number`) is a case already."""
        ...

    async def next_count(self, day: str) -> int:
        """Return the next case number of a day."""
        ...

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Due]:
        """Return due timers, locked together with their cases; what others hold is passed over."""
        ...

    async def merged_into(self, case_id: UUID) -> Sequence[Case]:
        """Return the cases that were merged into one."""
        ...


class Audit(Protocol):
    """The audit trail inside one transaction."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record; last, before the commit."""
        ...


class Exchange(Protocol):
    """Messages to other platforms, sent after the commit until they are taken."""

    async def send(
        self,
        topic: str,
        key: str,
        case_id: UUID | None,
        body: Mapping[str, object],
        now: datetime,
        *,
        sealed: str | None = None,
    ) -> None:
        """Queue a message; one with the same key is queued once. `sealed` is its encrypted part, JSON."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def cases(self) -> Cases:
        """Return the cases."""
        ...

    @property
    def kinds(self) -> Kinds:
        """Return the kinds of cases."""
        ...

    @property
    def timers(self) -> Timers:
        """Return the timers."""
        ...

    @property
    def triage(self) -> Triage:
        """Return taxonomy and rules."""
        ...

    @property
    def directory(self) -> Directory:
        """Return departments and contacts."""
        ...

    @property
    def exchange(self) -> Exchange:
        """Return the way to other platforms."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: object = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
