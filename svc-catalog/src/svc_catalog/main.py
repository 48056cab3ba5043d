"""Web process of svc-catalog: `uvicorn svc_catalog.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_catalog.application import http as application_http
from svc_catalog.attachment import http as attachment_http
from svc_catalog.bundle import http as bundle_http
from svc_catalog.casework import http as casework_http
from svc_catalog.casework.store import KnownPlaces
from svc_catalog.catalogue_file import http as catalogue_file_http
from svc_catalog.dossier import http as dossier_http
from svc_catalog.draft import http as draft_http
from svc_catalog.enrolment import http as enrolment_http
from svc_catalog.exchange import http as exchange_http
from svc_catalog.exchange.http import PartnerCities
from svc_catalog.guide import http as guide_http
from svc_catalog.handover import http as handover_http
from svc_catalog.indicator import http as indicator_http
from svc_catalog.indicator.http import Inhabitants
from svc_catalog.item import http as item_http
from svc_catalog.item.pages import ItemPages
from svc_catalog.item_draft import http as item_draft_http
from svc_catalog.outside import open_outside
from svc_catalog.person_ids import PersonIds
from svc_catalog.place import http as place_http
from svc_catalog.receipt import http as receipt_http
from svc_catalog.search import http as search_http
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings
from svc_catalog.window import http as window_http

LARGEST_BODY = 8 * 1024 * 1024  # An attachment of seven megabytes fits.


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        async with open_outside(settings) as outside:
            yield {
                FieldCipher: FieldCipher.from_file(settings.field_keys_file),
                KnownPlaces: KnownPlaces(runtime.reading),
                ItemPages: ItemPages(runtime.reading),
                PersonIds: PersonIds.from_file(settings.person_id_key_file),
                PartnerCities: PartnerCities(settings.exchange_partners),
                Inhabitants: Inhabitants(settings.inhabitants),
                **outside.components(),
            }

    # Routers are tried in turn: what a rush asks for comes first, and searching before single items, because
    # `/items/facets` is not an item's code.
    routers = [
        application_http.express,
        search_http.router,
        search_http.synonym_router,
        item_http.router,
        guide_http.router,
        bundle_http.router,
        item_draft_http.router,
        catalogue_file_http.router,
        place_http.router,
        application_http.router,
        application_http.prechecks,
        casework_http.router,
        handover_http.router,
        dossier_http.router,
        receipt_http.router,
        attachment_http.router,
        draft_http.router,
        window_http.router,
        exchange_http.router,
        enrolment_http.router,
        indicator_http.router,
    ]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock, largest_body=LARGEST_BODY)


__getattr__ = module_app(__name__, Settings)
