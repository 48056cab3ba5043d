"""Limits against guessing, and what a checked file is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lib_kernel import Invalid, NotFound, TooMany

WINDOW = timedelta(minutes=10)
MOST_A_NUMBER = 10
MOST_A_CLIENT = 60


class CheckFailed(NotFound):
    """No licence has this number together with this code; which of the two is wrong is not told."""

    code = "license-check-failed"
    title = "证照标识或校验码不正确"


class TooManyChecks(TooMany):
    """Too many attempts on a number, or by a client, in a short time."""

    code = "too-many-checks"
    title = "核验次数过多，请十分钟后再试"


class FileUnreadable(Invalid):
    """The file is no OFD that can be read."""

    code = "license-file-unreadable"
    title = "不是可读的 OFD 文件"


def window_of(now: datetime) -> datetime:
    """Return when the window that counts attempts began."""
    seconds = WINDOW.total_seconds()
    return now - timedelta(seconds=now.timestamp() % seconds)


@dataclass(frozen=True)
class CheckedLicense:
    """What anyone with number and code may know."""

    valid: bool
    status: str
    license_name: str
    issuer: str
    holder_name: str
    valid_until: date | None
