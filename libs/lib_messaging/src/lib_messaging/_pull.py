"""Endless pull from a durable JetStream consumer.

`fetch(n)` of the client waits for all n messages or its timeout once it had to wait at all, so one message on
an idle consumer would be seconds late. Here a request is always outstanding and each message is handed on as
it arrives.
"""

import json
from collections.abc import AsyncGenerator

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError

EXPIRES = 30.0
HEARTBEAT = 2.0


class ConsumerGone(Exception):
    """The durable consumer was deleted; declare it again."""


async def pull(nc: Client, stream: str, durable: str, *, batch: int) -> AsyncGenerator[Msg]:
    """Yield messages for ever, keeping up to `batch` requested from the server.

    Raises:
        ConsumerGone: the server says that the consumer does not exist any more.
    """
    inbox = nc.new_inbox()
    subscription = await nc.subscribe(inbox)
    wanted = 0
    try:
        while True:
            if wanted <= batch // 2:
                await _request(nc, stream, durable, inbox, batch - wanted)
                wanted = batch
            try:
                message = await subscription.next_msg(timeout=HEARTBEAT * 3)
            except NatsTimeoutError:
                wanted = 0  # No heartbeat: the server or the connection forgot the request.
                continue
            status = (message.headers or {}).get("Status")
            if status is None or message.data:
                wanted -= 1
                yield message
            elif status != "100":
                wanted = _after_status(status, message, wanted)
    finally:
        await subscription.unsubscribe()


def _after_status(status: str, message: Msg, wanted: int) -> int:
    headers = message.headers or {}
    if status == "409" and "Deleted" in headers.get("Description", ""):
        raise ConsumerGone(headers["Description"])
    if status == "503":
        raise ConsumerGone("no responders")
    return max(0, wanted - int(headers.get("Nats-Pending-Messages", wanted)))


async def _request(nc: Client, stream: str, durable: str, inbox: str, count: int) -> None:
    request = {"batch": count, "expires": int(EXPIRES * 1e9), "idle_heartbeat": int(HEARTBEAT * 1e9)}
    await nc.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}", json.dumps(request).encode(), inbox)
