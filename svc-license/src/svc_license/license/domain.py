"""A licence: drafting -> sealing -> valid -> suspended | revoked | expired."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import LicenseNumber, NotFound, move, new_id


class Status(StrEnum):
    """Where a licence stands."""

    DRAFTING = "drafting"
    SEALING = "sealing"
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


NEXT: dict[Status, frozenset[Status]] = {
    Status.DRAFTING: frozenset({Status.SEALING}),
    Status.SEALING: frozenset({Status.VALID}),
    Status.VALID: frozenset({Status.SUSPENDED, Status.REVOKED, Status.EXPIRED}),
    Status.SUSPENDED: frozenset({Status.VALID, Status.REVOKED, Status.EXPIRED}),
    Status.REVOKED: frozenset(),
    Status.EXPIRED: frozenset(),
}
SHOWN = (Status.VALID, Status.SUSPENDED, Status.REVOKED, Status.EXPIRED)


class NoSuchLicense(NotFound):
    """There is no such licence that the caller may see."""

    code = "license-not-found"
    title = "没有这个证照"


@dataclass(eq=False)
class License:
    """One licence. Holder and fields are encrypted; `number` and `document` come when it is made."""

    id: UUID
    application_id: UUID | None
    type_code: str
    person_id: str
    department: str
    created_at: datetime
    status: Status = Status.DRAFTING
    name: str = ""
    number: str | None = None
    holder_name: str = ""
    holder_number: str = ""
    fields: str = ""
    document: str | None = None
    issued_at: datetime | None = None
    valid_until: date | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None

    @classmethod
    def draft(
        cls, *, application_id: UUID, type_code: str, person_id: str, department: str, now: datetime
    ) -> "License":
        """Return the draft of a licence for an approved application."""
        return cls(new_id(), application_id, type_code, person_id, department, now, next_attempt_at=now)

    def fill(
        self,
        *,
        name: str,
        number: LicenseNumber,
        holder_name: str,
        holder_number: str,
        fields: str,
        now: datetime,
        valid_until: date | None,
    ) -> None:
        """Write what the licence says; from here on its number and text never change."""
        self.status = move(self.status, Status.SEALING, NEXT)
        self.name, self.number = name, number.text
        self.holder_name, self.holder_number, self.fields = holder_name, holder_number, fields
        self.issued_at, self.valid_until = now, valid_until

    def issue(self, document: str) -> None:
        """The sealed file is kept under the path `document`: the licence is valid."""
        self.status = move(self.status, Status.VALID, NEXT)
        self.document = document
        self.next_attempt_at = None

    def is_valid_on(self, day: date) -> bool:
        """Return whether the licence is good on a day."""
        in_time = self.valid_until is None or day <= self.valid_until
        return self.status is Status.VALID and in_time
