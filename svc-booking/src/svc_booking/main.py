"""Web process of svc-booking: `uvicorn svc_booking.main:app`."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from fastapi import FastAPI

from lib_kernel import Clock
from lib_messaging import stop_tasks
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_booking.admission.connector import HttpAdmission
from svc_booking.admission.domain import AdmissionCheck, NobodyAsked
from svc_booking.appointment import http as appointment_http
from svc_booking.appointment.counter import Counter
from svc_booking.appointment.desk import DeskSupplies
from svc_booking.board import http as board_http
from svc_booking.board.hub import Hub, before_stop
from svc_booking.board.stream import encode, snapshot
from svc_booking.hall_day import http as hall_day_http
from svc_booking.hall_policy import http as hall_policy_http
from svc_booking.hold import http as hold_http
from svc_booking.plan import http as plan_http
from svc_booking.queue_ticket import http as queue_ticket_http
from svc_booking.report import http as report_http
from svc_booking.service import SERVICE
from svc_booking.settings import Settings
from svc_booking.slot import http as slot_http
from svc_booking.slot.guide import SlotGuide
from svc_booking.waitlist import http as waitlist_http
from svc_booking.window import http as window_http


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(_desk_pool(settings))
            guide = SlotGuide(runtime.sessions, runtime.clock)
            supplies = DeskSupplies(
                counter=Counter(pool),
                confirming=Counter(pool, confirming=True),
                guide=guide,
                admission=_admission(settings, stack),
                sessions=runtime.sessions,
                open_work=runtime.uow,
                clock=runtime.clock,
                nudge=runtime.relay.nudge,
            )
            hub = Hub(runtime.sessions, _dsn(settings), runtime.clock, encode=encode, snapshot=snapshot)
            following = asyncio.create_task(hub.run())
            # The server waits for open streams before it stops, and screens would never leave by themselves.
            with before_stop(hub.stop):
                yield {Settings: settings, DeskSupplies: supplies, SlotGuide: guide, Hub: hub}
            hub.stop()
            await stop_tasks([following])

    routers = [
        appointment_http.express,
        slot_http.router,
        plan_http.router,
        hold_http.router,
        waitlist_http.router,
        appointment_http.router,
        queue_ticket_http.router,
        window_http.router,
        board_http.router,
        hall_policy_http.router,
        hall_day_http.router,
        report_http.router,
    ]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


def _dsn(settings: Settings) -> str:
    return settings.database_url.replace("+asyncpg", "", 1)


def _desk_pool(settings: Settings) -> "asyncpg.Pool[asyncpg.Record]":
    """Return the counter's connections, one for places and one for confirmations at a time."""
    return asyncpg.create_pool(
        _dsn(settings),
        min_size=1,
        max_size=2,
        server_settings={
            "application_name": "svc-booking-desk",
            "statement_timeout": "15000",
            "lock_timeout": "5000",
            "jit": "off",
            # The statements are prepared once, perhaps while tables are small: they must use the indexes.
            "enable_seqscan": "off",
        },
    )


def _admission(settings: Settings, stack: AsyncExitStack) -> AdmissionCheck:
    if settings.admission_url is None:
        return NobodyAsked()
    connector = HttpAdmission(
        settings.admission_url,
        timeout=settings.admission_timeout,
        cache=settings.admission_cache,
        policy=settings.admission_policy,
    )
    stack.push_async_callback(connector.aclose)
    return connector


__getattr__ = module_app(__name__, Settings)
