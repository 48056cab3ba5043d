"""Request and response bodies of batches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from svc_seal.batch.domain import Batch, DocumentStatus, Progress, Status
from svc_seal.use.schemas import SealPlace


class BatchCreate(BaseModel):
    """What is sealed with which seal, and where on each document."""

    model_config = ConfigDict(extra="forbid")

    seal_code: str = Field(max_length=40)
    purpose: str = Field(min_length=1, max_length=200)
    place: SealPlace


class NamedDocument(BaseModel):
    """A document in base64 with a name to recognise it by."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    document: Base64Bytes


class DocumentsIn(BaseModel):
    """Some documents of a batch; several requests fill it up to 1,000."""

    model_config = ConfigDict(extra="forbid")

    documents: list[NamedDocument] = Field(min_length=1, max_length=100)


class BatchCreated(BaseModel):
    """A batch that collects documents."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seal_code: str
    purpose: str
    place: dict[str, Any]
    status: Status
    total: int
    created_at: datetime


class BatchOut(BatchCreated):
    """A batch with its progress."""

    started_at: datetime | None
    ended_at: datetime | None
    pending: int
    sealed: int
    failed: int

    @classmethod
    def of(cls, batch: Batch, progress: Progress) -> "BatchOut":
        """Return a batch and how far it is."""
        return cls(
            id=batch.id,
            seal_code=batch.seal_code,
            purpose=batch.purpose,
            place=batch.place,
            status=batch.status,
            total=batch.total,
            created_at=batch.created_at,
            started_at=batch.started_at,
            ended_at=batch.ended_at,
            pending=progress.of(DocumentStatus.PENDING),
            sealed=progress.of(DocumentStatus.SEALED),
            failed=progress.of(DocumentStatus.FAILED),
        )


class BatchDocumentOut(BaseModel):
    """The result of one document; `problem` is the stable code of the refusal, `detail` its text."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    name: str
    status: DocumentStatus
    digest: str | None
    problem: str | None
    detail: str | None
    done_at: datetime | None
