"""Web process of svc-booking: `uvicorn svc_booking.main:app`."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI

from lib_kernel import Clock
from lib_messaging import stop_tasks
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_booking.appointment import http as appointment_http
from svc_booking.appointment.desk import DeskSupplies, SlotFacts
from svc_booking.board import http as board_http
from svc_booking.board.hub import Hub, before_stop
from svc_booking.board.stream import encode, snapshot
from svc_booking.hall_day import http as hall_day_http
from svc_booking.hall_policy import http as hall_policy_http
from svc_booking.queue_ticket import http as queue_ticket_http
from svc_booking.report import http as report_http
from svc_booking.service import SERVICE
from svc_booking.settings import Settings
from svc_booking.slot import http as slot_http
from svc_booking.window import http as window_http


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        dsn = settings.database_url.replace("+asyncpg", "", 1)
        async with asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.database_pool,
            server_settings={"application_name": "svc-booking-desk", "statement_timeout": "15000"},
        ) as pool:
            supplies = DeskSupplies(
                pool, SlotFacts(runtime.sessions), settings, runtime.clock, runtime.relay.nudge
            )
            hub = Hub(runtime.sessions, dsn, runtime.clock, encode=encode, snapshot=snapshot)
            following = asyncio.create_task(hub.run())
            # The server waits for open streams before it stops, and screens would never leave by themselves.
            with before_stop(hub.stop):
                yield {Settings: settings, DeskSupplies: supplies, Hub: hub}
            hub.stop()
            await stop_tasks([following])

    routers = [
        slot_http.router,
        appointment_http.router,
        queue_ticket_http.router,
        window_http.router,
        board_http.router,
        hall_policy_http.router,
        hall_day_http.router,
        report_http.router,
    ]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


__getattr__ = module_app(__name__, Settings)
