"""Web process of svc-license: `uvicorn svc_license.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_license.consent import http as consent_http
from svc_license.license import http as license_http
from svc_license.license.sisters import ObjectFiles, SealClient
from svc_license.service import SERVICE
from svc_license.settings import Settings
from svc_license.sister_services import open_sisters


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        async with open_sisters(settings) as (_, seal):
            yield {
                FieldCipher: FieldCipher.from_file(settings.field_keys_file),
                ObjectFiles: ObjectFiles(settings.files_url),
                SealClient: seal,
            }

    routers = [license_http.router, consent_http.router]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


__getattr__ = module_app(__name__, Settings)
