"""A self-service terminal (自助终端): enrolled once with a code, watched, disabled from afar."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lib_kernel import Conflict, NotFound, move

ENROLMENT_HOLDS = timedelta(hours=24)
SILENT_AFTER = timedelta(minutes=3)


class Status(StrEnum):
    """Whether the terminal may call."""

    ACTIVE = "active"
    DISABLED = "disabled"


NEXT: dict[Status, frozenset[Status]] = {
    Status.ACTIVE: frozenset({Status.DISABLED}),
    Status.DISABLED: frozenset({Status.ACTIVE}),
}


class DeviceUnknown(NotFound):
    """No terminal has this code."""

    code = "device-unknown"
    title = "没有登记这台终端"


class EnrolmentInvalid(NotFound):
    """The code was never given out, was used, or is too old."""

    code = "enrolment-invalid"
    title = "登记码无效、已使用或已过期，请向管理员重新申请"


class DeviceActive(Conflict):
    """A terminal that works is not enrolled again."""

    code = "device-active"
    title = "该终端已登记并启用，重新登记前请先停用"


@dataclass(frozen=True)
class Device:
    """A terminal at a service point. `key_id` names its key in signatures."""

    code: str
    name: str
    service_point: str
    key_id: str
    algorithm: str
    public_pem: str
    registered_at: datetime
    status: Status = Status.ACTIVE
    reason: str = ""

    @property
    def is_disabled(self) -> bool:
        """Return whether the terminal is shut out."""
        return self.status is Status.DISABLED

    def disabled(self, reason: str) -> "Device":
        """Return the terminal shut out. Raises IllegalMove."""
        return replace(self, status=move(self.status, Status.DISABLED, NEXT), reason=reason)

    def enabled(self) -> "Device":
        """Return the terminal let in again. Raises IllegalMove."""
        return replace(self, status=move(self.status, Status.ACTIVE, NEXT), reason="")


@dataclass(frozen=True)
class Enrolment:
    """A one-time code's promise: which terminal may register its key with it, until when."""

    code: str
    name: str
    service_point: str
    expires_at: datetime


@dataclass(frozen=True)
class Heartbeat:
    """What a terminal last said of itself."""

    at: datetime
    version: str
    paper: str
    note: str = ""

    def is_silent(self, now: datetime) -> bool:
        """Return whether it should have said something since."""
        return now - self.at > SILENT_AFTER
