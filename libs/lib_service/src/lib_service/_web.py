"""The web application of a service: routers plus everything that is the same in all of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from lib_db import AnswerRecorder
from lib_kernel import Clock
from lib_log import configure_logging
from lib_messaging import stop_tasks
from lib_service._runtime import Runtime, Service
from lib_service._settings import ServiceSettings
from lib_web import (
    InternalTokenVerifier,
    Observe,
    freeze_startup,
    idempotent,
    install_idempotency,
    install_problems,
)

T = TypeVar("T")

LARGEST_BODY = 1024 * 1024
Components = Mapping[type, object]
Provide = Callable[[Runtime], AbstractAsyncContextManager[Components]]


def service_app(
    service: Service,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    provide: Provide | None = None,
    clock: Clock | None = None,
    largest_body: int = LARGEST_BODY,
) -> FastAPI:
    """Return the application: routers, problems, idempotency, health, metrics, relay.

    `provide` opens what handlers ask for by type with `component`; it is entered at start and left at stop.
    `clock` replaces the clock that the settings name.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        configure_logging(service.name, settings.log_level)
        runtime = Runtime(service, settings, clock)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(runtime.aclose)
            app.state.runtime = runtime
            app.state.sessions, app.state.reading = runtime.sessions, runtime.reading
            app.state.answers = runtime.answers
            app.state.verifier = InternalTokenVerifier.from_file(settings.internal_keys_file)
            app.state.components = await stack.enter_async_context(provide(runtime)) if provide else {}
            relay = asyncio.create_task(runtime.relay_events())
            try:
                yield
            finally:
                await stop_tasks([relay])

    app = FastAPI(
        title=service.title,
        version="1.0.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=largest_body,
    )
    install_problems(app)
    install_idempotency(app)
    app.router.routes.extend(_routes((*routers, _operations), largest_body))
    app.add_middleware(Observe)
    return app


# By the routers' identities, which last because the frames hold the routers.
_frames: dict[tuple[int, ...], FastAPI] = {}


def _routes(routers: Sequence[APIRouter], largest_body: int) -> Sequence[BaseRoute]:
    """Return the routers' routes as an application includes them, made once in a process.

    What FastAPI derives from a route at its first request stays with them, also when tests build many
    applications of one service.
    """
    key = (largest_body, *map(id, routers))
    if key not in _frames:
        frame = FastAPI(
            openapi_url=None, max_body_size=largest_body, generate_unique_id_function=_operation_id
        )
        for router in routers:
            frame.include_router(router)
        _frames[key] = frame
    return _frames[key].router.routes


def module_app(module: str, settings: Callable[[], Any]) -> Callable[[str], FastAPI]:
    """Return the module's `__getattr__`, so that `uvicorn x.main:app` builds `app` and an import does not."""

    def build(name: str) -> FastAPI:
        if name != "app":
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        app = cast(FastAPI, import_module(module).create_app(settings()))
        freeze_startup()
        return app

    return build


def _operation_id(route: APIRoute) -> str:
    return route.name


_operations = APIRouter(include_in_schema=False)


@_operations.get("/health/live")
async def live() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "live"}


@_operations.get("/health/ready")
async def ready(request: Request, response: Response) -> dict[str, str]:
    """Answer 200 when requests can be served. The broker may be away: events wait in the outbox."""
    runtime: Runtime = request.app.state.runtime
    database = await runtime.database_answers()
    response.status_code = 200 if database else 503
    return {
        "status": "ready" if database else "not-ready",
        "database": "answers" if database else "does-not-answer",
        "broker": "connected" if runtime.nats and runtime.nats.is_connected else "waiting",
    }


@_operations.get("/metrics")
async def metrics() -> Response:
    """Return the process's metrics in Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def unit_of_work(request: Request) -> Any:
    """Return a fresh unit of work of the service (a dependency; a plain function would take a thread)."""
    return request.app.state.runtime.uow()


def recorded(model: type[Any], status: int = 201) -> Any:
    """Return the dependency of a creating route: a unit of work that keeps the answer under its key."""

    async def dependency(
        request: Request, answer: Annotated[AnswerRecorder | None, Depends(idempotent(model, status))]
    ) -> Any:
        return request.app.state.runtime.uow(answer)

    return Depends(dependency)


async def _reading(request: Request) -> AsyncGenerator[AsyncSession]:
    async with request.app.state.reading() as session:
        yield session


async def _session(request: Request) -> AsyncGenerator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


async def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.runtime.clock)


def component(kind: type[T]) -> Any:
    """Return the dependency that hands out the component provided for `kind`."""

    async def dependency(request: Request) -> T:
        return cast(T, request.app.state.components[kind])

    return Depends(dependency)


# For what only reads, and for a read that leaves a trace: that one commits it.
ReadSession = Annotated[AsyncSession, Depends(_reading)]
TraceSession = Annotated[AsyncSession, Depends(_session)]
ClockDep = Annotated[Clock, Depends(_clock)]
