"""Consents and reads."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Conflict, NotAllowed, NotFound, new_id


class NoSuchConsent(NotFound):
    """There is no such consent of the caller."""

    code = "consent-not-found"
    title = "没有这项授权"


class ConsentMissing(NotAllowed):
    """The holder did not allow this reader to read this licence now."""

    code = "consent-missing"
    title = "未获持证人授权"


class ConsentOver(Conflict):
    """The consent was taken back already."""

    code = "consent-over"
    title = "授权已撤销"


@dataclass(eq=False)
class Consent:
    """The holder allows a partner to read one licence, for a purpose, until a time."""

    id: UUID
    person_id: str
    license_id: UUID
    partner: str
    purpose: str
    given_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    @classmethod
    def give(
        cls,
        *,
        person_id: str,
        license_id: UUID,
        partner: str,
        purpose: str,
        now: datetime,
        expires_at: datetime,
    ) -> "Consent":
        """Return a new consent."""
        return cls(new_id(), person_id, license_id, partner, purpose, now, expires_at)

    def revoke(self, now: datetime) -> None:
        """Take it back. Raises ConsentOver."""
        if self.revoked_at is not None:
            raise ConsentOver
        self.revoked_at = now

    def check(self, partner: str, license_id: UUID, now: datetime) -> None:
        """Raise ConsentMissing unless it lets the partner read the licence now."""
        fits = self.partner == partner and self.license_id == license_id
        if not fits or self.revoked_at is not None or now >= self.expires_at:
            raise ConsentMissing("持证人未授权、授权已撤销或已过期")


@dataclass(eq=False)
class Read:
    """Somebody read a licence; its holder can see who, when and what for (用证记录)."""

    id: UUID
    license_id: UUID
    reader: str
    purpose: str
    consent_id: UUID | None
    read_at: datetime
