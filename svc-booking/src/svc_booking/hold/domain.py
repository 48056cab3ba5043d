"""A hold: held -> confirmed | released | expired."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, NotFound, move, new_id
from svc_booking.rule.domain import BookingRule, TooManyHolds
from svc_booking.slot.domain import Slot, place_class

HOUR = timedelta(hours=1)


class Status(StrEnum):
    """Where a hold stands."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


NEXT: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset({Status.CONFIRMED, Status.RELEASED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset(),
    Status.RELEASED: frozenset(),
    Status.EXPIRED: frozenset(),
}


class NoSuchHold(NotFound):
    """The caller holds no such place."""

    code = "hold-not-found"
    title = "没有这个保留的号源"


class HoldOver(Conflict):
    """The hold was confirmed, released or ran out; nothing was booked by this request."""

    code = "hold-over"
    title = "保留的号源已失效"


@dataclass(eq=False)
class Hold:
    """`places` of a slot held for a person until `expires_at`. Nobody else gets them in the meantime.

    `partner` is the bank at which the person asked.
    """

    id: UUID
    slot_id: UUID
    person_id: str
    channel: str
    device: str | None
    is_green: bool
    places: int
    place_class: str
    held_at: datetime
    expires_at: datetime
    status: Status = Status.HELD
    ended_at: datetime | None = None
    partner: str | None = None

    @classmethod
    def of(
        cls,
        slot: Slot,
        *,
        person_id: str,
        channel: str,
        device: str | None,
        is_green: bool,
        places: int,
        now: datetime,
        expires_at: datetime,
        partner: str | None = None,
    ) -> "Hold":
        """Return a new hold; whether there is a place is for the store to say."""
        return cls(
            id=new_id(),
            slot_id=slot.id,
            person_id=person_id,
            channel=channel,
            device=device,
            is_green=is_green,
            places=places,
            place_class=place_class(channel, is_green=is_green),
            held_at=now,
            expires_at=expires_at,
            partner=partner,
        )

    def release(self, now: datetime) -> None:
        """Give the place back before its time."""
        self.status, self.ended_at = move(self.status, Status.RELEASED, NEXT), now

    def expire(self, now: datetime) -> None:
        """Note that the time ran out."""
        self.status, self.ended_at = move(self.status, Status.EXPIRED, NEXT), now


@dataclass(frozen=True)
class HoldsBefore:
    """What a person or a device holds and held: now, and within the last hour."""

    now: int = 0
    first_expires_at: datetime | None = None
    last_hour: int = 0
    first_of_hour_at: datetime | None = None

    def check(self, rule: BookingRule, most: int) -> None:
        """Raise TooManyHolds when another hold would be too many at once or within the hour."""
        if self.now >= most:
            raise _too_many(f"同时最多保留 {most} 个号源", "holds", most, self.first_expires_at)
        if self.last_hour >= rule.holds_an_hour:
            again = self.first_of_hour_at + HOUR if self.first_of_hour_at else None
            raise _too_many(
                f"一小时内最多保留 {rule.holds_an_hour} 次", "holds_an_hour", rule.holds_an_hour, again
            )


def _too_many(detail: str, rule: str, most: int, again: datetime | None) -> TooManyHolds:
    possible_at = again.astimezone(CITY_ZONE).isoformat() if again else None
    return TooManyHolds(f"{detail}，请先完成或放弃已有的保留", rule=rule, most=most, possible_at=possible_at)
