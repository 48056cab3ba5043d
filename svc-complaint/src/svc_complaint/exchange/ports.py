"""What the exchange needs from outside."""

from collections.abc import Sequence
from typing import Protocol

from svc_complaint.exchange.domain import Message, Order


class NotTaken(Exception):
    """The platform did not take a message; the text says why, without its content."""


class Platform(Protocol):
    """Another platform."""

    async def send(self, message: Message) -> None:
        """Deliver a message. Raises NotTaken."""
        ...

    async def orders(self, after: str) -> tuple[Sequence[Order], str]:
        """Return new orders after a cursor and the cursor behind them. Raises NotTaken."""
        ...
