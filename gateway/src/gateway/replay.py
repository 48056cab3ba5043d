"""Does again what was given up on, after its cause was mended.

`python -m gateway.replay citizens` delivers the messages to citizens; `… partner CODE` queues a partner's
dead letters for the running worker; `… events` takes events to partners that could not be read before.
Settings as the worker's.
"""

import argparse
import asyncio

from gateway.inbox.connectors import connectors
from gateway.notifier import DeadEvents, Notifier
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.store import connected
from lib_messaging import stop_tasks


async def replay(settings: Settings, whose: str, code: str | None = None) -> int:
    """Return how many were delivered (citizens), queued (partner) or kept (events)."""
    client = await connected(settings.nats_url)
    parts = Parts(client, settings)
    following = [asyncio.ensure_future(one) for one in parts.registry.follow()]
    try:
        await parts.registry.is_loaded.wait()
        if whose == "partner":
            partner, _ = await parts.partners.get(code or "")
            return await parts.journal.replay(partner.code, parts.queue)
        if whose == "events":
            return await parts.dead_events.replay(parts.fanout.process)
        found = connectors(settings.wechat_connector, settings.sms_connector)
        return await DeadEvents(client).replay(Notifier(client, found, parts.clock).process)
    finally:
        await stop_tasks(following)
        await client.close()


def main() -> None:
    """Replay and say how many."""
    parser = argparse.ArgumentParser(prog="gateway.replay", description="重放死信")
    parser.add_argument("whose", choices=["citizens", "partner", "events"])
    parser.add_argument("code", nargs="?", help="机构代码")
    arguments = parser.parse_args()
    if arguments.whose == "partner" and not arguments.code:
        parser.error("partner 须给出机构代码")
    count = asyncio.run(replay(Settings(), arguments.whose, arguments.code))
    print(f"已重放 {count} 条")  # noqa: T201 - a command talks to its user


if __name__ == "__main__":
    main()
