"""Web process of svc-booking: `uvicorn svc_booking.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI

from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_booking.appointment import http as appointment_http
from svc_booking.appointment.desk import DeskSupplies, SlotFacts
from svc_booking.queue_ticket import http as queue_ticket_http
from svc_booking.service import SERVICE
from svc_booking.settings import Settings
from svc_booking.slot import http as slot_http


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
            yield {Settings: settings, DeskSupplies: supplies}

    routers = [slot_http.router, appointment_http.router, queue_ticket_http.router]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


__getattr__ = module_app(__name__, Settings)
