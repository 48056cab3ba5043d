"""What an admission check answers, and what its answers mean."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lib_kernel import NotAllowed, Unavailable

GREEN = "green"


class Policy(StrEnum):
    """What holds while the outside system does not answer: anyone may book, or nobody."""

    OPEN = "open"
    CLOSED = "closed"


class AdmissionRefused(NotAllowed):
    """The outside system said anything but green; its reason is passed on."""

    code = "admission-refused"
    title = "准入核验未通过，暂不能预约"


class AdmissionUnavailable(Unavailable):
    """The outside system does not answer and the city's policy is closed."""

    code = "admission-unavailable"
    title = "准入核验暂时不可用，请稍后再试"


@dataclass(frozen=True)
class Admission:
    """What the outside system said of a person."""

    status: str
    reason: str = ""

    def check(self) -> None:
        """Raise AdmissionRefused unless the status is green."""
        if self.status != GREEN:
            raise AdmissionRefused(
                self.reason or "健康码或准入状态不是绿色，请按提示处理后再预约",
                rule="admission",
                admission_status=self.status,
                possible_at=None,
            )


class AdmissionCheck(Protocol):
    """Asks whether a person may be admitted."""

    async def check(self, person_id: str) -> None:
        """Return when they may.

        Raises:
            AdmissionRefused: they may not.
            AdmissionUnavailable: nobody knows, and the policy is closed.
        """
        ...


class NobodyAsked:
    """No outside system: everybody is admitted."""

    async def check(self, person_id: str) -> None:
        """Return at once."""
