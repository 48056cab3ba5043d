"""Public events of every service: all that services know about each other."""

from lib_contracts import booking, catalog, complaint, license, seal
from lib_contracts._event import Event, Outbox, stream_of


def all_events() -> dict[str, type[Event]]:
    """Return every public event class by its type."""
    found: dict[str, type[Event]] = {}
    for module in (booking, catalog, complaint, license, seal):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Event) and "type" in vars(value):
                found[value.type] = value
    return found


STREAMS = ("CATALOG", "BOOKING", "LICENSE", "SEAL", "COMPLAINT")

__all__ = [
    "STREAMS",
    "Event",
    "Outbox",
    "all_events",
    "booking",
    "catalog",
    "complaint",
    "license",
    "seal",
    "stream_of",
]
