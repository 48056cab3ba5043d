"""Web process of svc-complaint: `uvicorn svc_complaint.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_files import FileStore
from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_complaint import audit_http
from svc_complaint.area import http as area_http
from svc_complaint.attachment import http as attachment_http
from svc_complaint.complaint_case import code_http, rules_http, staff_http
from svc_complaint.complaint_case import http as case_http
from svc_complaint.digest import http as digest_http
from svc_complaint.exchange import http as exchange_http
from svc_complaint.indicator import http as indicator_http
from svc_complaint.kind import http as kind_http
from svc_complaint.rating import http as rating_http
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings

LARGEST_BODY = 16 * 1024 * 1024


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        yield {
            Settings: settings,
            FieldCipher: FieldCipher.from_file(settings.field_keys_file),
            FileStore: FileStore(settings.files_url),
        }

    routers = [
        rating_http.router,
        rating_http.reports,
        case_http.router,
        case_http.work_router,
        staff_http.router,
        code_http.router,
        attachment_http.router,
        kind_http.router,
        rules_http.router,
        exchange_http.router,
        area_http.router,
        digest_http.router,
        indicator_http.router,
        audit_http.router,
    ]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock, largest_body=LARGEST_BODY)


__getattr__ = module_app(__name__, Settings)
