"""A presentation: one QR code, shown once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lib_kernel import Conflict, Invalid, new_id

LIFETIME = timedelta(seconds=60)
SKEW = timedelta(seconds=30)
OFFLINE_LIFETIME = timedelta(hours=24)


class CodeInvalid(Invalid):
    """The QR code is none of ours, was changed, or is of another kind."""

    code = "presentation-invalid"
    title = "二维码无效"


class CodeExpired(Invalid):
    """The QR code is too old; the holder's app shows a new one."""

    code = "presentation-expired"
    title = "二维码已过期，请持证人刷新"


class CodeUsed(Conflict):
    """The QR code was scanned before: each is good once."""

    code = "presentation-used"
    title = "二维码已被使用，请持证人刷新"


class NotPresentable(Conflict):
    """The licence cannot be shown as it stands."""

    code = "license-not-presentable"
    title = "该证照当前不能出示"


@dataclass(eq=False)
class Presentation:
    """One dynamic QR code. `person_id` is the holder, `shown_by` who shows it: the holder or a delegate."""

    id: UUID
    license_id: UUID
    person_id: str
    shown_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = None

    @classmethod
    def show(cls, license_id: UUID, person_id: str, shown_by: str, now: datetime) -> "Presentation":
        """Return a new one."""
        return cls(new_id(), license_id, person_id, shown_by, now, now + LIFETIME)


def check_time(issued: datetime, expires: datetime, now: datetime) -> None:
    """Raise unless a code is in its time on this clock, which may differ by SKEW from its maker's."""
    if now > expires + SKEW:
        raise CodeExpired
    if now < issued - SKEW:
        raise CodeInvalid("二维码的时间在将来，请校准设备时钟")
