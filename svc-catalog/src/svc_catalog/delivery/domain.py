"""How a result reaches the applicant."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, NotAllowed, NotFound, move

CODE_DIGITS = 6
MOST_WRONG_CODES = 5


class Method(StrEnum):
    """The way a result goes."""

    ELECTRONIC = "electronic"
    PICKUP = "pickup"
    POST = "post"


class DeliveryStatus(StrEnum):
    """Where a paper result is."""

    PLANNED = "planned"
    SENT = "sent"
    HANDED_OVER = "handed_over"


NEXT: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PLANNED: frozenset({DeliveryStatus.SENT, DeliveryStatus.HANDED_OVER}),
    DeliveryStatus.SENT: frozenset({DeliveryStatus.HANDED_OVER}),
    DeliveryStatus.HANDED_OVER: frozenset(),
}


class NoDelivery(NotFound):
    """The result does not go on paper."""

    code = "no-delivery"
    title = "该办件没有纸质结果送达"


class WrongPickupCode(NotAllowed):
    """The code is not the one the applicant was given."""

    code = "wrong-pickup-code"
    title = "取件码不正确"


class PickupLocked(Conflict):
    """Too many wrong codes; the applicant must fetch a new one."""

    code = "pickup-locked"
    title = "取件码错误次数过多，请由办事人重新获取取件码"


@dataclass(eq=False)
class Delivery:
    """A result on paper. `address` and `pickup_code` are encrypted texts."""

    application_id: UUID
    method: Method
    address: str | None
    pickup_code: str | None
    status: DeliveryStatus = DeliveryStatus.PLANNED
    wrong_codes: int = 0
    carrier: str | None = None
    tracking_number: str | None = None
    tracked: str = ""
    sent_at: datetime | None = None
    looked_at: datetime | None = None
    handed_over_at: datetime | None = None

    def send(self, carrier: str, tracking_number: str, now: datetime) -> None:
        """Give it to the post."""
        if self.method is not Method.POST:
            raise Conflict("该办件不是邮寄送达", method=self.method.value)
        self.status = move(self.status, DeliveryStatus.SENT, NEXT)
        self.carrier, self.tracking_number, self.sent_at = carrier, tracking_number, now

    def is_right_code(self, presented: str, code: str) -> bool:
        """Return whether the presented code is right; a wrong one is counted. Raises PickupLocked."""
        if self.wrong_codes >= MOST_WRONG_CODES:
            raise PickupLocked
        if hmac.compare_digest(presented.encode(), code.encode()):
            return True
        self.wrong_codes += 1
        return False

    def hand_over(self, now: datetime) -> None:
        """The applicant has it."""
        self.status = move(self.status, DeliveryStatus.HANDED_OVER, NEXT)
        self.handed_over_at = now

    def renew_code(self, encrypted: str) -> None:
        """Replace the code."""
        self.pickup_code, self.wrong_codes = encrypted, 0


def new_code() -> str:
    """Return a fresh pickup code."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
