"""A batch: collecting -> running -> finished | cancelled; each document pending -> sealed | failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotFound, move, new_id

MOST_DOCUMENTS = 1000


class Status(StrEnum):
    """Where a batch stands."""

    COLLECTING = "collecting"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


NEXT: dict[Status, frozenset[Status]] = {
    Status.COLLECTING: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.FINISHED, Status.CANCELLED}),
    Status.FINISHED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class DocumentStatus(StrEnum):
    """Where a document of a batch stands."""

    PENDING = "pending"
    SEALED = "sealed"
    FAILED = "failed"


class NoSuchBatch(NotFound):
    """There is no such batch of the caller."""

    code = "batch-not-found"
    title = "没有这个批次"


class NoSuchDocument(NotFound):
    """The batch has no such document, or it is not sealed."""

    code = "batch-document-not-found"
    title = "批次中没有这个文件，或尚未盖章"


class BatchFull(Invalid):
    """A batch holds at most 1,000 documents."""

    code = "batch-full"
    title = f"每批最多 {MOST_DOCUMENTS} 个文件"


class BatchEmpty(Conflict):
    """A batch without documents cannot be started."""

    code = "batch-empty"
    title = "批次中没有文件"


class BatchClosed(Conflict):
    """Documents are added only while a batch collects."""

    code = "batch-closed"
    title = "批次已开始，不能再增加文件"


@dataclass(eq=False)
class Batch:
    """What is sealed with which seal, where, by whom. `place` is the place as it was asked for."""

    id: UUID
    seal_code: str
    purpose: str
    place: dict[str, Any]
    requested_by: str
    created_at: datetime
    status: Status = Status.COLLECTING
    total: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @classmethod
    def of(cls, seal_code: str, purpose: str, place: dict[str, Any], by: str, now: datetime) -> "Batch":
        """Return a new batch."""
        return cls(new_id(), seal_code, purpose, place, by, now)

    def take(self, count: int) -> int:
        """Make room for more documents; return the number of the first. Raises BatchClosed, BatchFull."""
        if self.status is not Status.COLLECTING:
            raise BatchClosed
        if self.total + count > MOST_DOCUMENTS:
            raise BatchFull(f"已有 {self.total} 个文件，每批最多 {MOST_DOCUMENTS} 个")
        first = self.total + 1
        self.total += count
        return first

    def start(self, now: datetime) -> None:
        """Hand it to the worker."""
        if self.status is Status.COLLECTING and self.total == 0:
            raise BatchEmpty
        self.status = move(self.status, Status.RUNNING, NEXT)
        self.started_at = now

    def cancel(self, now: datetime) -> None:
        """Seal no more of its documents."""
        self.status = move(self.status, Status.CANCELLED, NEXT)
        self.ended_at = now

    def finish(self, now: datetime) -> None:
        """Every document has its result."""
        self.status = move(self.status, Status.FINISHED, NEXT)
        self.ended_at = now


@dataclass(eq=False)
class BatchDocument:
    """One document: its source until it is sealed, its result afterwards. `problem` is the refusal's code."""

    batch_id: UUID
    number: int
    name: str
    source: bytes | None
    status: DocumentStatus = DocumentStatus.PENDING
    digest: str | None = None
    problem: str | None = None
    detail: str | None = None
    done_at: datetime | None = None

    @property
    def use_key(self) -> str:
        """Return the occasion's name: a document is sealed once however often the worker is killed."""
        return f"batch-{self.batch_id}-{self.number}"

    def seal(self, digest: str, now: datetime) -> None:
        """It is sealed; its source is no longer needed."""
        self.status, self.digest, self.done_at, self.source = DocumentStatus.SEALED, digest, now, None

    def fail(self, problem: str, detail: str, now: datetime) -> None:
        """It cannot be sealed."""
        self.status, self.problem, self.detail = DocumentStatus.FAILED, problem, detail
        self.done_at, self.source = now, None


@dataclass(frozen=True)
class Progress:
    """How far a batch is."""

    counts: Mapping[DocumentStatus, int]

    def of(self, status: DocumentStatus) -> int:
        """Return how many documents stand so."""
        return self.counts.get(status, 0)
