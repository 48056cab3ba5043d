"""What the slot routes answer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class SlotOut(BaseModel):
    """A half hour that may be booked; `free` places are left."""

    slot_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    free: int


class SlotList(BaseModel):
    """The slots of one business group, in order of time."""

    service_point: str
    group: str
    bookable_until: datetime
    items: list[SlotOut]
