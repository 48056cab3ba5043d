"""What delivery needs from outside."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Tracking:
    """What the carrier tells of a parcel."""

    text: str
    is_delivered: bool


class CarrierAway(Exception):
    """The carrier does not answer; the parcel is looked up again later."""


class Carrier(Protocol):
    """A postal service."""

    async def track(self, carrier: str, number: str) -> Tracking:
        """Return where a parcel is. Raises CarrierAway."""
        ...
