"""Web process of svc-catalog: `uvicorn svc_catalog.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_catalog.application import http as application_http
from svc_catalog.bundle import http as bundle_http
from svc_catalog.catalogue_file import http as catalogue_file_http
from svc_catalog.guide import http as guide_http
from svc_catalog.item import http as item_http
from svc_catalog.item_draft import http as item_draft_http
from svc_catalog.place import http as place_http
from svc_catalog.search import http as search_http
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings

LARGEST_BODY = 8 * 1024 * 1024  # As much as the gateway takes.


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        yield {FieldCipher: FieldCipher.from_file(settings.field_keys_file)}

    # Searching comes before single items: `/items/facets` is not an item's code.
    routers = [
        search_http.router,
        search_http.synonym_router,
        item_http.router,
        guide_http.router,
        bundle_http.router,
        item_draft_http.router,
        catalogue_file_http.router,
        place_http.router,
        application_http.router,
    ]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock, largest_body=LARGEST_BODY)


__getattr__ = module_app(__name__, Settings)
