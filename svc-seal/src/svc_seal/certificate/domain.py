"""Revoked certificates and the lists that publish them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lib_kernel import NotFound

LIST_VALIDITY = timedelta(days=7)
# A new list comes out this long before the old one ends: verifiers that cache must never hold an expired one.
RENEW_BEFORE = timedelta(days=6)


class Reason(StrEnum):
    """Why a certificate was revoked (RFC 5280 §5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION = "cessation_of_operation"


class NoRevocationList(NotFound):
    """No list was issued yet."""

    code = "revocation-list-not-found"
    title = "尚未签发吊销列表"


@dataclass(eq=False)
class RevokedCertificate:
    """A certificate withdrawn before its end; `serial` in decimal digits."""

    serial: str
    seal_code: str
    reason: Reason
    revoked_at: datetime
    revoked_by: str


@dataclass(eq=False)
class IssuedList:
    """A revocation list as it was issued; `number` grows."""

    number: int
    der: bytes
    issued_at: datetime
    next_update: datetime

    def is_due(self, now: datetime) -> bool:
        """Return whether a new list should replace it."""
        return now >= self.next_update - RENEW_BEFORE
