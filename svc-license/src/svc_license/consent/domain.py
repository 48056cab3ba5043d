"""Consents, legal grounds, and whether a reader may read a licence."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Conflict, NotAllowed, NotFound, new_id
from svc_license.usage.domain import Reader, ReaderKind


class NoSuchConsent(NotFound):
    """There is no such consent of the caller."""

    code = "consent-not-found"
    title = "没有这项授权"


class ConsentMissing(NotAllowed):
    """The holder did not allow this reader to read this licence now, and no law does."""

    code = "consent-missing"
    title = "未获持证人授权"


class ConsentOver(Conflict):
    """The consent was taken back already."""

    code = "consent-over"
    title = "授权已撤销"


@dataclass(eq=False)
class Consent:
    """The holder allows a partner or department to read one licence, for a purpose, until a time.

    `partner` is the code of whom it is given to, `grantee_kind` what that is.
    """

    id: UUID
    person_id: str
    license_id: UUID
    partner: str
    purpose: str
    given_at: datetime
    expires_at: datetime
    grantee_kind: ReaderKind = ReaderKind.PARTNER
    revoked_at: datetime | None = None

    @classmethod
    def give(
        cls,
        *,
        person_id: str,
        license_id: UUID,
        grantee: str,
        grantee_kind: ReaderKind,
        purpose: str,
        now: datetime,
        expires_at: datetime,
    ) -> "Consent":
        """Return a new consent."""
        return cls(new_id(), person_id, license_id, grantee, purpose, now, expires_at, grantee_kind)

    def revoke(self, now: datetime) -> None:
        """Take it back. Raises ConsentOver."""
        if self.revoked_at is not None:
            raise ConsentOver
        self.revoked_at = now

    def purpose_of(self, said: str) -> str:
        """Return a read's purpose for the record: what was agreed to, the reader's own words beside it."""
        return self.purpose if said == self.purpose else f"{self.purpose}（对方填写：{said}）"

    def check(self, reader: Reader, license_id: UUID, now: datetime) -> None:
        """Raise ConsentMissing unless it lets the reader read the licence now."""
        fits = (
            self.partner == reader.code and self.grantee_kind is reader.kind and self.license_id == license_id
        )
        if not fits or self.revoked_at is not None or now >= self.expires_at:
            raise ConsentMissing("持证人未授权、授权已撤销或已过期")


@dataclass(frozen=True)
class Ground:
    """A law that lets a department or partner read a kind of licence without asking the holder (法定依据)."""

    code: str
    reader: str
    license_type: str
    basis: str
