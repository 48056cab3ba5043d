"""What a change of the plan did to slots."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Effect:
    """Slots made, opened again and closed; `flagged` are closed but have bookings someone must look after."""

    made: int = 0
    opened: int = 0
    closed: int = 0
    flagged: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Resized:
    """Slots of a group that have the new capacity now, and those that keep more because more are taken."""

    changed: int
    kept_above: tuple[UUID, ...] = ()
