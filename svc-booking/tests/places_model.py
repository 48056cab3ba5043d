"""What appointments, holds and waiting lines should be: a model without a database."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from lib_kernel import CITY_ZONE

CLOSES_BEFORE = timedelta(minutes=5)
HOLD_FOR = timedelta(minutes=5)
ACCEPT_WITHIN = timedelta(minutes=15)
MISSED_AFTER = timedelta(minutes=60)
TAKES = ("booked", "checked_in", "no_show", "held", "offered")


@dataclass
class Claim:
    """What a person has or wants of a slot: an appointment, a hold, or an entry in its waiting line.

    `until` is when a hold or an offer ends; an entry that was never offered has none.
    """

    kind: str
    id: UUID
    who: str
    slot: int
    places: int
    status: str
    until: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Return whether it is held or offered longer than it may be."""
        return self.status in ("held", "offered") and self.until is not None and self.until <= now


@dataclass
class Model:
    """Slots by number, and everything that was ever claimed of them, in the order it came."""

    starts: list[datetime]
    now: datetime
    capacity: list[int] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    arrived: set[tuple[str, date]] = field(default_factory=set)
    moves: int = 0

    @property
    def today(self) -> date:
        """Return the day in the city."""
        return self.now.astimezone(CITY_ZONE).date()

    def of(self, *statuses: str, slot: int | None = None) -> list[Claim]:
        """Return the claims that stand so, of a slot or of all."""
        return [c for c in self.claims if c.status in statuses and slot in (None, c.slot)]

    def taken(self, slot: int) -> int:
        """Return how many places are taken; who came or was missed keeps theirs."""
        return sum(claim.places for claim in self.of(*TAKES, slot=slot))

    def fits(self, slot: int, places: int) -> bool:
        """Return whether there is room."""
        return self.taken(slot) + places <= self.capacity[slot]

    def may_book(self, who: str, slot: int) -> bool:
        """Return whether nothing but room stands against a booking."""
        has_one = any(claim.who == who for claim in self.of("booked"))
        return not has_one and self.is_open(slot)

    def is_open(self, slot: int) -> bool:
        """Return whether the slot lies far enough ahead."""
        return self.starts[slot] >= self.now + CLOSES_BEFORE

    def is_in_line(self, who: str, slot: int) -> bool:
        """Return whether the person waits for the slot or has an offer there."""
        return any(claim.who == who for claim in self.of("waiting", "offered", slot=slot))

    def can_wait(self, who: str, slot: int, places: int) -> bool:
        """Return whether the person may join the slot's line."""
        return self.may_book(who, slot) and not self.fits(slot, places) and not self.is_in_line(who, slot)

    def can_confirm(self, claim: Claim) -> bool:
        """Return whether a hold or an offer may become an appointment now."""
        is_held = claim.status in ("held", "offered") and not claim.is_due(self.now)
        return is_held and self.may_book(claim.who, claim.slot)

    def make_room(self, slot: int, places: int) -> bool:
        """Return whether there is room, if need be in place of holds that ran out."""
        if not self.fits(slot, places):
            self.expire(slot)
        return self.fits(slot, places)

    def until(self, slot: int, length: timedelta) -> datetime:
        """Return when a hold or an offer made now ends."""
        return min(self.now + length, self.starts[slot] - CLOSES_BEFORE)

    def offer(self, slot: int) -> None:
        """Offer what is free to those who wait, in order; who needs more is passed over."""
        until = self.until(slot, ACCEPT_WITHIN)
        if until <= self.now:
            return
        for claim in self.of("waiting", slot=slot):
            if self.fits(slot, claim.places):
                claim.status, claim.until = "offered", until

    def end(self, claim: Claim, status: str) -> None:
        """End a claim; its places, if it had any, go to who waits."""
        had_places = claim.status in TAKES
        claim.status = status
        if had_places:
            self.offer(claim.slot)

    def move(self, claim: Claim, slot: int) -> None:
        """Change an appointment's slot; the old places go to who waits there."""
        old, claim.slot = claim.slot, slot
        self.moves += 1
        self.offer(old)

    def expire(self, slot: int) -> None:
        """End the slot's holds and offers that ran out."""
        due = [claim for claim in self.of("held", "offered", slot=slot) if claim.is_due(self.now)]
        for claim in due:
            claim.status = "expired" if claim.status == "held" else "lapsed"
        if due:
            self.offer(slot)

    def work_off(self) -> None:
        """Do what the worker does."""
        for slot, starts_at in enumerate(self.starts):
            self.expire(slot)
            if starts_at <= self.now:
                for claim in self.of("waiting", slot=slot):
                    claim.status = "lapsed"
            if starts_at + MISSED_AFTER < self.now:
                for claim in self.of("booked", slot=slot):
                    claim.status = "no_show"

    def told(self) -> dict[str, int]:
        """Return how often each thing should have been told."""
        ends = Counter((claim.kind, claim.status) for claim in self.claims)
        told = {
            "appointment.booked": sum(claim.kind == "appointment" for claim in self.claims),
            "appointment.rescheduled": self.moves,
            "appointment.cancelled": ends["appointment", "cancelled"],
            "appointment.checked_in": ends["appointment", "checked_in"],
            "appointment.no_show": ends["appointment", "no_show"],
            "waitlist.offered": sum(c.kind == "entry" and c.until is not None for c in self.claims),
            "waitlist.lapsed": ends["entry", "lapsed"],
        }
        return {f"booking.{name}.v1": count for name, count in told.items() if count}
