"""Web process of svc-complaint: `uvicorn svc_complaint.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_complaint.complaint_case import http as case_http
from svc_complaint.rating import http as rating_http
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        yield {Settings: settings, FieldCipher: FieldCipher.from_file(settings.field_keys_file)}

    routers = [rating_http.router, case_http.router]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


__getattr__ = module_app(__name__, Settings)
