"""Worker process of the gateway: tells citizens, calls partners, makes their reconciliation files."""

import asyncio
from collections.abc import Awaitable

import structlog

from gateway.inbox.connectors import connectors
from gateway.notifier import Notifier, types_by_stream
from gateway.partner_event.fanout import partner_types
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.store import connected
from gateway.webhook.dispatcher import Dispatcher
from gateway.webhook.poster import Poster
from lib_log import configure_logging
from lib_messaging import Periodic, consume, ensure_streams, keep_doing, run_until_stopped

log = structlog.get_logger(__name__)

RECONCILE_SECONDS = 300.0
NOTICE_SECONDS = 60.0
NEVER = 1_000_000  # What can be read is never given up: it waits for the broker.


async def run(settings: Settings) -> None:
    """Work until stopped."""
    client = await connected(settings.nats_url)
    await ensure_streams(client)
    parts = Parts(client, settings)
    poster = parts.poster()
    try:
        await run_until_stopped([*telling(parts), *calling(parts, poster)])
    finally:
        await poster.aclose()
        await client.close()


def telling(parts: Parts) -> list[Awaitable[None]]:
    """Return what tells citizens."""
    found = connectors(parts.settings.wechat_connector, parts.settings.sms_connector)
    notifier = Notifier(parts.client, found, parts.clock)
    return [
        consume(parts.client, types, f"gateway-notify-{stream.lower()}", notifier)
        for stream, types in types_by_stream().items()
    ]


def calling(parts: Parts, poster: Poster) -> list[Awaitable[None]]:
    """Return what takes events to partners and makes their files."""
    duties: list[Awaitable[None]] = list(parts.registry.follow())
    duties += [
        consume(
            parts.client,
            types,
            f"gateway-partner-{stream.lower()}",
            parts.fanout,
            max_deliveries=NEVER,
            in_order=True,
        )
        for stream, types in partner_types().items()
    ]
    if not parts.webhook_keys:
        log.warning("webhook.no_key", hint="set WEBHOOK_KEY_FILE; events can only be polled")
        return duties
    duties.append(Dispatcher(parts.client, parts.registry, parts.courier(poster)).run())

    async def reconcile() -> bool:
        await parts.reconciliation.run(parts.registry, parts.webhook_keys)
        return False

    duties.append(keep_doing(Periodic("reconciliation", reconcile, RECONCILE_SECONDS)))
    duties.append(keep_doing(Periodic("notices", parts.notices.tell_pending, NOTICE_SECONDS)))
    return duties


def main() -> None:
    """Run until stopped."""
    settings = Settings()
    configure_logging("gateway-worker", settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
