"""One read of a licence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import new_id


class ReaderKind(StrEnum):
    """Who reads."""

    PARTNER = "partner"
    DEPARTMENT = "department"
    STAFF = "staff"
    CITIZEN = "citizen"


class Basis(StrEnum):
    """Why it was allowed."""

    CONSENT = "consent"
    GROUND = "ground"
    PRESENTED = "presented"
    DELEGATION = "delegation"
    SERVICE = "service"


@dataclass(frozen=True)
class Reader:
    """Who reads: `code` is a partner's, department's or staff member's code, or a citizen's person id."""

    kind: ReaderKind
    code: str
    actor: str

    @property
    def shown(self) -> str:
        """Return what the holder is told; other citizens stay unnamed."""
        return "个人核验" if self.kind is ReaderKind.CITIZEN else self.code

    @property
    def partner(self) -> str | None:
        """Return the partner who reads, None when it is somebody else."""
        return self.code if self.kind is ReaderKind.PARTNER else None


@dataclass(eq=False)
class Read:
    """Somebody read a licence: `reference` is the consent, presentation or delegation it rested on."""

    id: UUID
    license_id: UUID
    reader: str
    purpose: str
    consent_id: UUID | None
    read_at: datetime
    reader_kind: ReaderKind
    basis: Basis
    ground: str | None = None

    @classmethod
    def by(
        cls,
        reader: Reader,
        license_id: UUID,
        purpose: str,
        basis: Basis,
        now: datetime,
        *,
        reference: UUID | None = None,
        ground: str | None = None,
    ) -> "Read":
        """Return the record of a read."""
        return cls(new_id(), license_id, reader.shown, purpose, reference, now, reader.kind, basis, ground)
