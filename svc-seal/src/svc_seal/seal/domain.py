"""A seal: applied -> active -> frozen | revoked | replaced | expired; two persons make it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lib_kernel import Conflict, Invalid, NotAllowed, NotFound, move

VALIDITY = timedelta(days=5 * 365)


class Status(StrEnum):
    """Where a seal stands."""

    APPLIED = "applied"
    REFUSED = "refused"
    ACTIVE = "active"
    FROZEN = "frozen"
    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"


ENDS = frozenset({Status.REVOKED, Status.REPLACED, Status.EXPIRED})
NEXT: dict[Status, frozenset[Status]] = {
    Status.APPLIED: frozenset({Status.ACTIVE, Status.REFUSED, Status.REVOKED}),
    Status.REFUSED: frozenset(),
    Status.ACTIVE: frozenset({Status.FROZEN}) | ENDS,
    Status.FROZEN: frozenset({Status.ACTIVE}) | ENDS,
    Status.REVOKED: frozenset(),
    Status.REPLACED: frozenset(),
    Status.EXPIRED: frozenset(),
}

STATUS_TEXTS = {
    Status.APPLIED: "待审批",
    Status.REFUSED: "未批准",
    Status.ACTIVE: "有效",
    Status.FROZEN: "已冻结",
    Status.REVOKED: "已注销",
    Status.REPLACED: "已换章",
    Status.EXPIRED: "已过期",
}


class Kind(StrEnum):
    """Unit seal (单位公章), special-purpose seal (专用章), personal-name seal (个人名章)."""

    UNIT = "unit"
    SPECIAL = "special"
    PERSONAL = "personal"


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


class PictureImpossible(Invalid):
    """The seal's picture cannot be drawn with this name."""

    code = "seal-picture-impossible"
    title = "无法按此名称制作印模"


class ReplacementImpossible(Conflict):
    """The seal to be replaced cannot be."""

    code = "seal-not-replaceable"
    title = "原印章不能被换发"


@dataclass(frozen=True)
class Standing:
    """What decides whether a seal may be used."""

    status: Status
    valid_from: datetime | None
    valid_until: datetime | None

    def check_usable(self, now: datetime) -> None:
        """Raise SealNotUsable unless the seal may be used at the moment."""
        if self.status is not Status.ACTIVE or self.valid_from is None or self.valid_until is None:
            raise SealNotUsable(f"印章状态为{STATUS_TEXTS[self.status]}", seal_status=self.status.value)
        if now > self.valid_until:
            raise SealNotUsable("印章已过有效期", valid_until=self.valid_until)


@dataclass(eq=False)
class Seal:
    """One seal. `made` is SESeal in DER and `wrapped_key` the signer's key, both empty before approval.

    `wrapped_key` is a key provider's handle: a wrapped key or the name of a key in a device. `line` is the
    special purpose under the star. `replaces` is the code of the seal that this one takes the place of.
    """

    code: str
    name: str
    department: str
    kind: Kind
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
    line: str = ""
    replaces: str | None = None
    replaced_by: str | None = None
    reason: str = ""
    use_count: int = 0
    last_used_at: datetime | None = None
    pdf_certificate: bytes = b""
    pdf_key: bytes = b""

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

    def refuse(self, by: str, reason: str) -> None:
        """The application is turned down by another person than the applicant."""
        if by == self.applied_by:
            raise FourEyes
        self.status = move(self.status, Status.REFUSED, NEXT)
        self.approved_by, self.reason = by, reason

    def freeze(self, reason: str = "") -> None:
        """Forbid its use for a time."""
        self.status, self.reason = move(self.status, Status.FROZEN, NEXT), reason

    def unfreeze(self, reason: str = "") -> None:
        """Allow its use again."""
        self.status, self.reason = move(self.status, Status.ACTIVE, NEXT), reason

    def revoke(self, reason: str = "") -> None:
        """Withdraw it for good."""
        self.status, self.reason = move(self.status, Status.REVOKED, NEXT), reason

    def check_replaceable(self) -> None:
        """Raise ReplacementImpossible unless the seal may be replaced by a new one."""
        if Status.REPLACED not in NEXT[self.status]:
            raise ReplacementImpossible(
                f"印章 {self.code} 的状态为{STATUS_TEXTS[self.status]}，不能换发",
                seal_status=self.status.value,
            )

    def be_replaced(self, by: str) -> None:
        """A new seal takes its place."""
        self.status = move(self.status, Status.REPLACED, NEXT)
        self.replaced_by = by

    def expire(self, now: datetime) -> None:
        """Its validity has ended."""
        if self.valid_until is None or now <= self.valid_until:
            raise SealNotUsable("印章尚在有效期内")
        self.status = move(self.status, Status.EXPIRED, NEXT)

    def check_usable(self, now: datetime) -> None:
        """Raise SealNotUsable unless the seal may be used at the moment."""
        Standing(self.status, self.valid_from, self.valid_until).check_usable(now)
