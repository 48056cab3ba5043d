"""A seal: applied -> active -> frozen | revoked; approved by another person than the applicant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lib_kernel import Conflict, NotAllowed, NotFound, move

VALIDITY = timedelta(days=5 * 365)


class Status(StrEnum):
    """Where a seal stands."""

    APPLIED = "applied"
    ACTIVE = "active"
    FROZEN = "frozen"
    REVOKED = "revoked"


NEXT: dict[Status, frozenset[Status]] = {
    Status.APPLIED: frozenset({Status.ACTIVE, Status.REVOKED}),
    Status.ACTIVE: frozenset({Status.FROZEN, Status.REVOKED}),
    Status.FROZEN: frozenset({Status.ACTIVE, Status.REVOKED}),
    Status.REVOKED: frozenset(),
}


class NoSuchSeal(NotFound):
    """There is no such seal."""

    code = "seal-not-found"
    title = "没有这个印章"


class SealExists(Conflict):
    """A seal with this code exists."""

    code = "seal-exists"
    title = "印章编码已存在"


class FourEyes(NotAllowed):
    """Who applied for a seal may not approve it."""

    code = "four-eyes"
    title = "申请人与审批人不能为同一人"


class SealNotUsable(Conflict):
    """The seal is not active or not in its validity."""

    code = "seal-not-usable"
    title = "印章当前不可使用"


@dataclass(eq=False)
class Seal:
    """One seal. `made` is SESeal in DER and `wrapped_key` the signer's key, both empty before approval."""

    code: str
    name: str
    department: str
    kind: str
    applied_by: str
    applied_at: datetime
    status: Status = Status.APPLIED
    approved_by: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    made: bytes = b""
    certificate: bytes = b""
    wrapped_key: bytes = b""
    picture: bytes = b""

    def check_approver(self, by: str) -> None:
        """Raise FourEyes when the approver is the applicant, IllegalMove when it is decided already."""
        if by == self.applied_by:
            raise FourEyes
        move(self.status, Status.ACTIVE, NEXT)

    def activate(
        self, by: str, now: datetime, *, made: bytes, certificate: bytes, wrapped_key: bytes
    ) -> None:
        """The approved seal was made."""
        self.status = move(self.status, Status.ACTIVE, NEXT)
        self.approved_by = by
        self.valid_from, self.valid_until = now, now + VALIDITY
        self.made, self.certificate, self.wrapped_key = made, certificate, wrapped_key

    def freeze(self) -> None:
        """Forbid its use for a time."""
        self.status = move(self.status, Status.FROZEN, NEXT)

    def unfreeze(self) -> None:
        """Allow its use again."""
        self.status = move(self.status, Status.ACTIVE, NEXT)

    def revoke(self) -> None:
        """Withdraw it for good."""
        self.status = move(self.status, Status.REVOKED, NEXT)

    def check_usable(self, now: datetime) -> None:
        """Raise SealNotUsable unless the seal may be used at the moment."""
        in_time = self.valid_from is not None and self.valid_until is not None
        if self.status is not Status.ACTIVE or not in_time:
            raise SealNotUsable(f"印章状态为 {self.status.value}", seal_status=self.status.value)
        if self.valid_until is not None and now > self.valid_until:
            raise SealNotUsable("印章已过有效期", valid_until=self.valid_until)
