"""What the slot routes answer."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from lib_kernel import CITY_ZONE
from svc_booking.calendar.domain import SLOT_LENGTH, PointCalendar, Source
from svc_booking.slot.store import SlotRow


class SlotOut(BaseModel):
    """A half hour that may be booked; `free` places are left for everybody.

    `calendar_source` is `by_rule` where the year's arrangement of holidays is not published yet: the day may
    still change.
    """

    slot_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    free: int
    is_extended: bool
    calendar_source: Source

    @classmethod
    def of(cls, row: SlotRow, calendar: PointCalendar) -> Self:
        """Return the answer for a row."""
        starts_at = row.starts_at.astimezone(CITY_ZONE)
        return cls(
            slot_id=row.id,
            starts_at=starts_at,
            ends_at=starts_at + SLOT_LENGTH,
            capacity=row.capacity,
            free=row.free,
            is_extended=row.is_extended,
            calendar_source=calendar.city(starts_at.date()).source,
        )


class SlotList(BaseModel):
    """The slots of one business group, in order of time."""

    service_point: str
    group: str
    bookable_until: datetime
    items: list[SlotOut]
