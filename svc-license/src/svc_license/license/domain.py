"""A licence: drafting -> sealing -> valid -> suspended | revoked | expired | superseded; or cancelled."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, LicenseNumber, NotFound, move, new_id

CHECK_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CHECK_LENGTH = 8
LAST_VERSION = 999


class Status(StrEnum):
    """Where a licence stands."""

    DRAFTING = "drafting"
    SEALING = "sealing"
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Source(StrEnum):
    """Where a licence came from."""

    APPLICATION = "application"
    STAFF = "staff"
    IMPORT = "import"


NEXT: dict[Status, frozenset[Status]] = {
    # Cancelled: given up before it was ever issued.
    Status.DRAFTING: frozenset({Status.SEALING, Status.CANCELLED}),
    Status.SEALING: frozenset({Status.VALID, Status.CANCELLED}),
    Status.VALID: frozenset({Status.SUSPENDED, Status.REVOKED, Status.EXPIRED, Status.SUPERSEDED}),
    # A new version would lift the suspension: it waits until the old one is resumed.
    Status.SUSPENDED: frozenset({Status.VALID, Status.REVOKED, Status.EXPIRED}),
    Status.REVOKED: frozenset(),
    # Renewed after its end: the new version takes its place.
    Status.EXPIRED: frozenset({Status.SUPERSEDED}),
    Status.SUPERSEDED: frozenset(),
    Status.CANCELLED: frozenset(),
}
SHOWN = (Status.VALID, Status.SUSPENDED, Status.REVOKED, Status.EXPIRED, Status.SUPERSEDED)
IN_FORCE = (Status.VALID, Status.SUSPENDED)
UNFINISHED = (Status.DRAFTING, Status.SEALING)


class VersionSuspended(Conflict):
    """The version before is suspended: the new one waits until it is resumed or revoked."""

    code = "license-version-suspended"
    title = "前一版本暂扣中，恢复后才能换发"


class NoSuchLicense(NotFound):
    """There is no such licence that the caller may see."""

    code = "license-not-found"
    title = "没有这个证照"


def new_check_code() -> str:
    """Return a fresh verification code (校验码): no letters that look alike, not to be guessed."""
    return "".join(secrets.choice(CHECK_ALPHABET) for _ in range(CHECK_LENGTH))


@dataclass(eq=False)
class License:
    """One version of a licence. Holder and fields are encrypted.

    `number` comes when it is filled, `document` when it is sealed. `series` is shared by all versions, of
    which at most one is in force; `supersedes` is the version before. `list_index` is its place in the status
    list. `partner` is the bank at which it was applied for.
    """

    id: UUID
    application_id: UUID | None
    type_code: str
    person_id: str
    department: str
    created_at: datetime
    series: UUID
    status: Status = Status.DRAFTING
    name: str = ""
    number: str | None = None
    holder_name: str = ""
    holder_number: str = ""
    holder_index: str | None = None
    fields: str = ""
    document: str | None = None
    document_digest: str | None = None
    issued_at: datetime | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    first_issued_on: date | None = None
    supersedes: UUID | None = None
    source: Source = Source.APPLICATION
    external_number: str | None = None
    check_code: str | None = None
    list_index: int | None = None
    status_reason: str | None = None
    status_at: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    problem: str | None = None
    partner: str | None = None

    @classmethod
    def draft(
        cls,
        *,
        application_id: UUID | None,
        type_code: str,
        person_id: str,
        department: str,
        now: datetime,
        source: Source = Source.APPLICATION,
        partner: str | None = None,
    ) -> "License":
        """Return the draft of a licence that stands at the beginning of a series."""
        id_ = new_id()
        return cls(
            id_,
            application_id,
            type_code,
            person_id,
            department,
            now,
            id_,
            next_attempt_at=now,
            source=source,
            partner=partner,
        )

    def successor(self, now: datetime) -> "License":
        """Return the draft of the next version, with the same holder and text until they are changed."""
        return License(
            new_id(),
            None,
            self.type_code,
            self.person_id,
            self.department,
            now,
            self.series,
            holder_name=self.holder_name,
            holder_number=self.holder_number,
            holder_index=self.holder_index,
            fields=self.fields,
            valid_until=self.valid_until,
            first_issued_on=self.first_issued_on or self.valid_from,
            supersedes=self.id,
            source=Source.STAFF,
            next_attempt_at=now,
        )

    def holds(self) -> bool:
        """Return whether a newer version may take its place."""
        return Status.SUPERSEDED in NEXT[self.status]

    def next_number(self) -> LicenseNumber:
        """Return the number of the version after this one (GB/T 36904: same serial, next version)."""
        known = LicenseNumber.parse(self.number or "")
        following = min(int(known.version) + 1, LAST_VERSION)
        return LicenseNumber(known.type_code, known.issuer, known.serial, f"{following:03d}")

    def say(self, *, holder_name: str, holder_number: str, holder_index: str, fields: str) -> None:
        """Write what the licence says, encrypted; possible while it is a draft."""
        move(self.status, Status.SEALING, NEXT)
        self.holder_name, self.holder_number, self.holder_index = holder_name, holder_number, holder_index
        self.fields = fields

    def fill(
        self, *, name: str, number: LicenseNumber, now: datetime, valid_from: date, valid_until: date | None
    ) -> None:
        """Give the licence its number and dates; from here on its number and text never change."""
        self.status = move(self.status, Status.SEALING, NEXT)
        self.name, self.number = name, number.text
        self.issued_at, self.valid_from, self.valid_until = now, valid_from, valid_until
        self.first_issued_on = self.first_issued_on or valid_from
        self.check_code = new_check_code()

    def issue(self, document: str, digest: str, now: datetime) -> None:
        """The sealed file is kept under the path `document`: the licence is valid."""
        self._become(Status.VALID, now, None)
        self.keep(document, digest)

    def keep(self, document: str, digest: str) -> None:
        """Note where the sealed file is; nothing is left to make."""
        self.document, self.document_digest = document, digest
        self.next_attempt_at, self.problem = None, None

    def suspend(self, reason: str, now: datetime) -> None:
        """Put it out of force for a time (暂扣). Raises IllegalMove."""
        self._become(Status.SUSPENDED, now, reason)

    def resume(self, reason: str, now: datetime) -> None:
        """Put it in force again. Raises IllegalMove."""
        self._become(Status.VALID, now, reason)

    def revoke(self, reason: str, now: datetime) -> None:
        """Take it away for good (吊销、撤销、注销). Raises IllegalMove."""
        self._become(Status.REVOKED, now, reason)

    def expire(self, now: datetime) -> None:
        """Its last day has passed. Raises IllegalMove."""
        self._become(Status.EXPIRED, now, None)

    def give_way(self, now: datetime) -> None:
        """A newer version is in force. Raises IllegalMove."""
        self._become(Status.SUPERSEDED, now, None)

    def cancel(self, reason: str, now: datetime) -> None:
        """Give it up before it was issued. Raises IllegalMove."""
        self._become(Status.CANCELLED, now, reason)
        self.next_attempt_at = None

    def is_valid_on(self, day: date) -> bool:
        """Return whether the licence is good on a day."""
        in_time = self.valid_until is None or day <= self.valid_until
        return self.status is Status.VALID and in_time

    def standing_on(self, day: date) -> str:
        """Return how it stands on a day; the clock's word counts before the duty has written it down."""
        over = self.valid_until is not None and day > self.valid_until
        return Status.EXPIRED.value if over and self.status in IN_FORCE else self.status.value

    def _become(self, status: Status, now: datetime, reason: str | None) -> None:
        self.status = move(self.status, status, NEXT)
        self.status_at, self.status_reason = now, reason
