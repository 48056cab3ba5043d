"""The envelope around an event on the wire: CloudEvents 1.0, JSON format."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from lib_contracts import Event, all_events
from lib_kernel import new_id


class Envelope(BaseModel):
    """One event with its identity. `id` never changes, however often it is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    traceparent: str | None = None
    data: dict[str, Any]

    def event(self) -> Event:
        """Return the typed event.

        Raises:
            KeyError: nobody here knows the type.
            pydantic.ValidationError: the data do not fit the type.
        """
        return all_events()[self.type].model_validate(self.data)


def wrap(event: Event, *, source: str, now: datetime, traceparent: str | None = None) -> Envelope:
    """Put a new event into an envelope."""
    return Envelope(
        id=new_id(),
        source=source,
        type=event.type,
        subject=event.subject,
        time=now,
        traceparent=traceparent,
        data=event.model_dump(mode="json"),
    )
