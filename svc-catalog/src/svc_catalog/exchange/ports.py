"""What the exchange needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from svc_catalog.application.ports import UnitOfWork as ApplicationUnitOfWork
from svc_catalog.exchange.domain import Message, SharedCase


class PartnerAway(Exception):
    """The partner does not answer or fails; the message is sent again later."""


class PartnerRefused(Exception):
    """The partner understood the message and did not take it."""


class Partners(Protocol):
    """The partner cities."""

    async def send(self, partner: str, path: str, body: dict[str, Any], key: UUID) -> dict[str, Any]:
        """Return the partner's answer to a signed message. Raises PartnerAway, PartnerRefused."""
        ...


class Exchange(Protocol):
    """Messages and shared cases inside one transaction."""

    def queue(self, message: Message) -> None:
        """Keep a message to be sent."""
        ...

    def share(self, case: SharedCase) -> None:
        """Keep that two cities know an application."""
        ...

    async def claim(self, now: datetime, limit: int) -> Sequence[Message]:
        """Return messages to send now, leased so that no other worker sends them meanwhile."""
        ...

    async def lock_message(self, message_id: UUID) -> Message:
        """Return a message, locked."""
        ...

    async def case_of(self, application_id: UUID) -> SharedCase | None:
        """Return what two cities know of an application; who changes it holds the application's lock."""
        ...

    async def by_partner_case(self, partner: str, partner_case: str) -> SharedCase | None:
        """Return the case that a partner calls so."""
        ...


class UnitOfWork(ApplicationUnitOfWork, Protocol):
    """One transaction over the exchange and applications."""

    @property
    def exchange(self) -> Exchange:
        """Return the exchange."""
        ...
