"""Sends again what was given up on, after its cause was mended.

`python -m gateway.replay citizens` delivers the messages to citizens; `python -m gateway.replay partner CODE`
queues a partner's dead letters for the running worker. Settings as the worker's.
"""

import argparse
import asyncio

from gateway.inbox.connectors import connectors
from gateway.notifier import DeadMessages, Notifier
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.store import connected


async def replay(settings: Settings, whose: str, code: str | None = None) -> int:
    """Return how many were delivered (citizens) or queued (partner)."""
    client = await connected(settings.nats_url)
    try:
        parts = Parts(client, settings)
        if whose == "partner":
            partner, _ = await parts.partners.get(code or "")
            return await parts.journal.replay(partner.code, parts.queue)
        found = connectors(settings.wechat_connector, settings.sms_connector)
        return await DeadMessages(client).replay(Notifier(client, found, parts.clock))
    finally:
        await client.close()


def main() -> None:
    """Replay and say how many."""
    parser = argparse.ArgumentParser(prog="gateway.replay", description="重放死信")
    parser.add_argument("whose", choices=["citizens", "partner"])
    parser.add_argument("code", nargs="?", help="机构代码")
    arguments = parser.parse_args()
    if arguments.whose == "partner" and not arguments.code:
        parser.error("partner 须给出机构代码")
    count = asyncio.run(replay(Settings(), arguments.whose, arguments.code))
    print(f"已重放 {count} 条")  # noqa: T201 - a command talks to its user


if __name__ == "__main__":
    main()
