"""A place in the line: waiting -> offered -> accepted | lapsed; cancelled from both."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, NotFound, move, new_id
from svc_booking.hold.domain import Hold
from svc_booking.slot.domain import Slot, place_class


class Status(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


NEXT: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.OFFERED, Status.LAPSED, Status.CANCELLED}),
    Status.OFFERED: frozenset({Status.ACCEPTED, Status.LAPSED, Status.CANCELLED}),
    Status.ACCEPTED: frozenset(),
    Status.LAPSED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class NoSuchEntry(NotFound):
    """The caller has no such entry in a waiting line."""

    code = "waitlist-entry-not-found"
    title = "没有这个候补"


class PlacesFree(Conflict):
    """Nobody needs to wait: the slot has places."""

    code = "waitlist-not-needed"
    title = "该时段尚有余号，可直接预约"


class AlreadyWaiting(Conflict):
    """The person waits for this slot."""

    code = "already-waiting"
    title = "您已在该时段候补"


class WaitlistFull(Conflict):
    """As many wait as the rule allows."""

    code = "waitlist-full"
    title = "该时段候补人数已满"


@dataclass(eq=False)
class WaitlistEntry:
    """A person waits for `places` in a slot; once offered, `hold_id` is what they book with.

    `partner` is the bank at which they joined.
    """

    id: UUID
    slot_id: UUID
    person_id: str
    channel: str
    is_green: bool
    places: int
    place_class: str
    joined_at: datetime
    status: Status = Status.WAITING
    hold_id: UUID | None = None
    offered_until: datetime | None = None
    partner: str | None = None

    @classmethod
    def join(
        cls,
        slot: Slot,
        *,
        person_id: str,
        channel: str,
        is_green: bool,
        places: int,
        now: datetime,
        partner: str | None = None,
    ) -> "WaitlistEntry":
        """Return a new entry at the end of the slot's line."""
        found = place_class(channel, is_green=is_green)
        return cls(new_id(), slot.id, person_id, channel, is_green, places, found, now, partner=partner)

    def offer(self, held: Hold) -> None:
        """Offer the places that came back: they are held for the person."""
        self.status = move(self.status, Status.OFFERED, NEXT)
        self.hold_id, self.offered_until = held.id, held.expires_at

    def accept(self) -> None:
        """Note that the offered places were booked."""
        self.status = move(self.status, Status.ACCEPTED, NEXT)

    def lapse(self) -> None:
        """Note that the offer, or the slot, passed."""
        self.status = move(self.status, Status.LAPSED, NEXT)

    def cancel(self) -> None:
        """Leave the line."""
        self.status = move(self.status, Status.CANCELLED, NEXT)
