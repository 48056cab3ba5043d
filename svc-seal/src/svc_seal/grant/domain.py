"""A grant: one user, one seal, one purpose or any."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Conflict, NotAllowed, NotFound, new_id

ANY_PURPOSE = "*"


class NoSuchGrant(NotFound):
    """There is no such grant of this seal."""

    code = "seal-grant-not-found"
    title = "没有这项用章授权"


class UnknownSeal(NotFound):
    """There is no such seal to grant the use of."""

    code = "seal-not-found"
    title = "没有这个印章"


class GrantEnded(Conflict):
    """The grant was taken back before."""

    code = "seal-grant-ended"
    title = "用章授权已收回"


class UseNotGranted(NotAllowed):
    """The caller may not use this seal for this purpose."""

    code = "seal-use-not-granted"
    title = "您没有此印章的使用授权"


@dataclass(eq=False)
class Grant:
    """`user` is a staff id or the name of a sister service; `purpose` is one purpose or `*`."""

    id: UUID
    seal_code: str
    user: str
    purpose: str
    granted_by: str
    granted_at: datetime
    valid_until: datetime | None = None
    ended_at: datetime | None = None

    @classmethod
    def of(
        cls, seal_code: str, user: str, purpose: str, by: str, now: datetime, until: datetime | None = None
    ) -> "Grant":
        """Return a new grant."""
        return cls(new_id(), seal_code, user, purpose, by, now, until)

    def allows(self, user: str, purpose: str, now: datetime) -> bool:
        """Return whether this grant covers a use."""
        in_time = self.ended_at is None and (self.valid_until is None or now <= self.valid_until)
        return in_time and self.user == user and self.purpose in {ANY_PURPOSE, purpose}

    def end(self, now: datetime) -> None:
        """Take the grant back."""
        if self.ended_at is not None:
            raise GrantEnded
        self.ended_at = now
