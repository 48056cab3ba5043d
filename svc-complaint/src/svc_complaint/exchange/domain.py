"""A message to another platform waits until it is taken; an order from there becomes a case."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)


@dataclass(frozen=True)
class Message:
    """What is to be sent; `key` is the same for the same fact, so that the platform takes it once."""

    id: UUID
    topic: str
    key: str
    case_id: UUID | None
    body: Mapping[str, Any]
    sealed: str | None
    attempts: int


@dataclass(frozen=True)
class Order:
    """An order from another platform. `fields` hold what it says about place and matter."""

    number: str
    content: str
    contact_name: str
    contact_phone: str
    service_point: str | None
    item_code: str | None


def next_try(attempts: int, now: datetime) -> datetime:
    """Return when to try again after so many failures: longer each time, for ever."""
    doublings = min(attempts - 1, 10)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def signature(key: bytes, method: str, path: str, body: bytes, at: str) -> str:
    """Return the HMAC-SM3 over method, path, time and body, by which both sides prove themselves."""
    content = b"\n".join([method.encode(), path.encode(), at.encode(), body])
    return hmac.new(key, content, "sm3").hexdigest()
