"""Base of all public events."""

from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """A fact a service tells the others. Ids, codes and times only: no personal data.

    `type` is `<service>.<entity>.<past verb>.v<n>` and also the NATS subject; `entity` names the field that
    holds the id of the thing it happened to. Readers ignore members they do not know, so additions keep `v1`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    entity: ClassVar[str]

    @property
    def subject(self) -> str:
        """Return the id of the thing it happened to, as text."""
        return str(getattr(self, self.entity))


def stream_of(event_type: str) -> str:
    """Return the JetStream stream that carries an event type: one stream per producing service."""
    return event_type.split(".", 1)[0].upper()


class Outbox(Protocol):
    """Where a command leaves its events: they go out if, and only if, its transaction commits."""

    def add(self, event: Event) -> None:
        """Send `event` when the transaction commits."""
        ...
