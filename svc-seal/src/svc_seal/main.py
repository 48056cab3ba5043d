"""Web process of svc-seal: `uvicorn svc_seal.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_seal.authority import Authority, open_authority
from svc_seal.seal import http as seal_http
from svc_seal.seal.maker import AuthorityMaker
from svc_seal.service import SERVICE
from svc_seal.settings import Settings
from svc_seal.use import http as use_http

LARGEST_BODY = 16 * 1024 * 1024


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        authority = open_authority(settings.keys_dir, runtime.clock.now())
        yield {Authority: authority, AuthorityMaker: AuthorityMaker(authority)}

    routers = [seal_http.router, use_http.router]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock, largest_body=LARGEST_BODY)


__getattr__ = module_app(__name__, Settings)
