"""Runs the web process of the gateway: `python -m gateway --port 8000`."""

import argparse
import gc
from typing import Any

import uvicorn

from gateway.main import create_app
from gateway.server import Connection, Server
from gateway.settings import Settings

YOUNG_OBJECTS = 20_000


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then stop as `Server` says."""
    app = create_app(settings)
    front: Any = app.app
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_level="warning",
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=1,
    )
    server = Server(
        config,
        leave=lambda: front.state.in_flight.leave(),
        end_streams=lambda: front.state.in_flight.end_streams(),
        drain_seconds=settings.drain_seconds,
        longest_seconds=settings.longest_drain_seconds,
        head_seconds=settings.head_seconds,
    )
    # What is loaded now stays, and requests leave few cycles: seldom looking for them costs less.
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    server.run()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="gateway", description="网关")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    serve(Settings(), arguments.host, arguments.port)


if __name__ == "__main__":
    main()
