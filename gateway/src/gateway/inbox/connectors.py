"""Messages beside the inbox: WeChat template messages (微信) and SMS (短信), each once per event."""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from nats.aio.client import Client

from gateway.store import DAY, Bucket
from lib_contracts.booking import ReminderDue, TicketCalled
from lib_kernel import Clock, Unavailable

log = structlog.get_logger(__name__)

REMEMBERED = 30 * DAY
SENDING_TAKES = timedelta(seconds=60)
URGENT = frozenset({ReminderDue.type, TicketCalled.type})  # Worth an SMS.


class BeingSent(Unavailable):
    """Another worker is sending this message; look again later."""

    code = "being-sent"


class Connector(Protocol):
    """A way to a citizen. The provider knows the address of `person` and drops a repeated `message_id`."""

    async def send(self, person: str, message_id: str, title: str, text: str) -> None:
        """Hand the message over; raising means "try again later"."""
        ...


class ConsoleConnector:
    """Writes to the log what it would send: for a local run."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def send(self, person: str, message_id: str, title: str, text: str) -> None:
        """Log the message; who it is for only by the end of the opaque id."""
        log.info("connector.sent", connector=self._name, person=f"…{person[-4:]}", id=message_id, title=title)


def connectors(wechat: str, sms: str) -> dict[str, Connector]:
    """Return the connectors that the settings name: `console`, or `null` for none. Raises ValueError."""
    found: dict[str, Connector] = {}
    for name, version in (("wechat", wechat), ("sms", sms)):
        if version == "console":
            found[name] = ConsoleConnector(name)
        elif version != "null":
            raise ValueError(f"there is no connector {version} for {name}")
    return found


class SentOnce:
    """Sends a message by a connector once for each event, whatever is repeated or killed.

    The claim is written before, the mark after. A worker killed in between leaves a claim without mark: then
    the message is sent again under the same id, which the provider drops if the first one arrived.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._bucket = Bucket(client, "message-sent", REMEMBERED)
        self._clock = clock

    async def send(
        self, name: str, connector: Connector, person: str, event_id: str, title: str, text: str
    ) -> bool:
        """Send unless it was; return whether it was sent now. Raises BeingSent, and as the connector."""
        key, now = f"{name}.{event_id}", self._clock.now()
        if not await self._bucket.create(key, now.isoformat().encode()):
            known = await self._bucket.get(key)
            if known is not None and known.value == b"sent":
                return False
            if known is not None and now - datetime.fromisoformat(known.value.decode()) < SENDING_TAKES:
                raise BeingSent
            await self._bucket.put(key, now.isoformat().encode())
        try:
            await connector.send(person, event_id, title, text)
        except Exception:
            await self._bucket.forget_key(key)
            raise
        await self._bucket.put(key, b"sent")
        return True
