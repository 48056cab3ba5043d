"""Half-hour slots: their facts, their places, what is offered instead of a full one."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from heapq import nsmallest
from math import asin, cos, hypot, radians, sin, sqrt
from typing import NamedTuple
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, Invalid, NotFound
from svc_booking.calendar.domain import SLOT_LENGTH

GREEN = "green"
OFFERED = 5
HOUR = timedelta(hours=1)
OFFERED_AT_ONE_POINT = 2
TRAVEL_KM_AN_HOUR = 20.0
FAR_AWAY_KM = 60.0  # Assumed where a point's position is not known.
EARTH_KM = 6371.0


class NoSuchPoint(NotFound):
    """There is no such service point, or it has no such business group."""

    code = "service-point-not-found"
    title = "没有这个服务网点或业务窗口"


class NoSuchSlot(NotFound):
    """There is no such slot."""

    code = "slot-not-found"
    title = "没有这个时段"


class WrongSlot(Invalid):
    """The slot that is named is not the held one, or none is named."""

    code = "slot-mismatch"
    title = "时段与保留的号源不符"


class SlotFull(Conflict):
    """All places of the slot are taken; the problem offers the nearest free ones."""

    code = "slot-full"
    title = "该时段已约满"


class QuotaFull(SlotFull):
    """What is left is kept for the green channel or other channels until `possible_at`."""

    code = "quota-full"
    title = "该渠道的号源已约满"


class CapacityBelowTaken(Conflict):
    """A slot cannot have fewer places than are taken; `smallest` is the least it can have now."""

    code = "capacity-below-taken"
    title = "容量不能少于已约人数"


class BadCapacity(Invalid):
    """A capacity is negative or absurd."""

    code = "capacity-invalid"
    title = "容量须为 0 至 1000"


@dataclass(frozen=True)
class Slot:
    """A half hour at one business group of one point. These facts never change once it exists."""

    id: UUID
    service_point: str
    service_point_name: str
    group: str
    starts_at: datetime
    is_extended: bool = False

    @property
    def ends_at(self) -> datetime:
        """Return the end of the half hour."""
        return self.starts_at + SLOT_LENGTH


class SlotState(NamedTuple):
    """A slot as it stands: `free` places in all, whether it is closed, when quotas are for all."""

    free: int
    is_closed: bool
    quota_until: datetime | None


def place_class(channel: str, *, is_green: bool) -> str:
    """Return whose quota a place counts against: the green channel's, or the channel's it is asked on."""
    return GREEN if is_green else channel


class Position(NamedTuple):
    """Where a point is, in degrees."""

    longitude: float
    latitude: float

    def km_to(self, other: "Position") -> float:
        """Return the distance as the crow flies, in kilometres."""
        return _km(self, other)


@cache
def _km(one: Position, other: Position) -> float:
    """Return the great-circle distance (haversine)."""
    lat_a, lat_b = radians(one.latitude), radians(other.latitude)
    half_lat, half_long = (lat_b - lat_a) / 2, radians(other.longitude - one.longitude) / 2
    return 2 * EARTH_KM * asin(sqrt(sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_long) ** 2))


@dataclass(frozen=True)
class Place:
    """A service point as people look for it."""

    code: str
    name: str
    kind: str
    position: Position | None = None

    def km_to(self, other: "Place") -> float:
        """Return the distance in kilometres; 0 to itself, far where a position is not known."""
        if self.code == other.code:
            return 0.0
        if self.position is None or other.position is None:
            return FAR_AWAY_KM
        return self.position.km_to(other.position)


class Free(NamedTuple):
    """A slot with places left for everybody."""

    slot_id: UUID
    service_point: str
    starts_at: datetime
    free: int


class FreeSlots:
    """Free slots of one group at all points, so that the nearest ones are found quickly."""

    def __init__(self, free: Iterable[Free]) -> None:
        self._at: dict[str, list[Free]] = {}
        for slot in sorted(free, key=lambda slot: slot.starts_at):
            self._at.setdefault(slot.service_point, []).append(slot)

    def nearest(self, full: Slot, places: Mapping[str, Place], wanted: int = 1) -> list[Free]:
        """Return up to five free slots, the nearest first, for who wanted `wanted` places in a full one.

        Near is both: hours away from the time that was wanted and hours of travel to the other point. At most
        two are at one point, so that the load spreads: city hall, county hall, township centre, bank outlet.
        """
        here = places[full.service_point]
        ranked = []
        for point, slots in self._at.items():
            travel = here.km_to(places[point]) / TRAVEL_KM_AN_HOUR
            for slot in _nearest_in_time(slots, full, wanted):
                later = (slot.starts_at - full.starts_at) / HOUR
                ranked.append((hypot(later, travel), slot.slot_id, slot))
        return [slot for _, _, slot in nsmallest(OFFERED, ranked)]


def _nearest_in_time(slots: Sequence[Free], full: Slot, wanted: int) -> list[Free]:
    """Return the two slots of a point, sorted by time, that are nearest to the wanted time and have room."""
    after = bisect_left(slots, full.starts_at, key=lambda slot: slot.starts_at)
    before = after - 1
    found: list[Free] = []
    while len(found) < OFFERED_AT_ONE_POINT and (before >= 0 or after < len(slots)):
        earlier = full.starts_at - slots[before].starts_at if before >= 0 else timedelta.max
        later = slots[after].starts_at - full.starts_at if after < len(slots) else timedelta.max
        if later <= earlier:
            slot, after = slots[after], after + 1
        else:
            slot, before = slots[before], before - 1
        if slot.free >= wanted and slot.slot_id != full.id:
            found.append(slot)
    return found


def offered(
    full: Slot, places: Mapping[str, Place], free: FreeSlots, wanted: int = 1
) -> list[dict[str, object]]:
    """Return the alternatives as they stand in a problem body."""
    here = places[full.service_point]
    return [
        {
            "slot_id": str(slot.slot_id),
            "service_point": slot.service_point,
            "service_point_name": places[slot.service_point].name,
            "service_point_kind": places[slot.service_point].kind,
            "starts_at": slot.starts_at.astimezone(CITY_ZONE).isoformat(),
            "free": slot.free,
            "distance_km": round(here.km_to(places[slot.service_point]), 1),
        }
        for slot in free.nearest(full, places, wanted)
    ]


def check_capacity(capacity: int) -> None:
    """Raise BadCapacity unless it is a number of places a half hour can have."""
    if not 0 <= capacity <= 1000:
        raise BadCapacity(field="capacity")


def refusal(state: SlotState, places: int, now: datetime, alternatives: list[dict[str, object]]) -> SlotFull:
    """Return why there are no `places` in a slot: none left, or what is left is kept for others."""
    if state.free >= places and state.quota_until is not None and state.quota_until > now:
        return QuotaFull(
            "剩余号源为绿色通道或其他渠道保留，可稍后再试或选择下列时段、网点",
            rule="channel_quota",
            possible_at=state.quota_until.astimezone(CITY_ZONE).isoformat(),
            alternatives=alternatives,
        )
    return SlotFull("该时段已无余号，可选择下列时段或网点", possible_at=None, alternatives=alternatives)
