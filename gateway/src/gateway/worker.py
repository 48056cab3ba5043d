"""Worker process of the gateway: the notifier."""

import asyncio

from gateway.notifier import Notifier, types_by_stream
from gateway.settings import Settings
from gateway.store import connected
from lib_log import configure_logging
from lib_messaging import consume, ensure_streams, run_until_stopped


async def run(settings: Settings) -> None:
    """Tell citizens until stopped."""
    client = await connected(settings.nats_url)
    await ensure_streams(client)
    notifier = Notifier(client)
    try:
        await run_until_stopped(
            consume(client, types, f"gateway-notify-{stream.lower()}", notifier)
            for stream, types in types_by_stream().items()
        )
    finally:
        await client.close()


def main() -> None:
    """Run until stopped."""
    settings = Settings()
    configure_logging("gateway-worker", settings.log_level)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
