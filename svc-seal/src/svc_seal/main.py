"""Web process of svc-seal: `uvicorn svc_seal.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_seal.audit_trail import http as audit_http
from svc_seal.authority import Authority
from svc_seal.batch import http as batch_http
from svc_seal.certificate import http as certificate_http
from svc_seal.certificate.commands import renew_list
from svc_seal.components import open_parts
from svc_seal.grant import http as grant_http
from svc_seal.pdf_authority import PdfAuthority
from svc_seal.seal import http as seal_http
from svc_seal.seal.commands import Making
from svc_seal.service import SERVICE
from svc_seal.settings import Settings
from svc_seal.use import http as use_http
from svc_seal.use.desk import SealingDesk
from svc_seal.verification import http as verification_http

LARGEST_BODY = 32 * 1024 * 1024
ROUTERS = [
    seal_http.router,
    grant_http.router,
    use_http.documents,
    use_http.digests,
    batch_http.router,
    verification_http.router,
    certificate_http.router,
    audit_http.router,
]


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        async with open_parts(runtime, settings) as parts:
            # Whoever verifies needs a list from the first moment on.
            await renew_list(uow=parts.work(), issuer=parts.making.issuer, clock=runtime.clock)
            yield {
                Authority: parts.authority,
                PdfAuthority: parts.pdf,
                Making: parts.making,
                SealingDesk: parts.desk,
            }

    return service_app(SERVICE, settings, ROUTERS, provide=provide, clock=clock, largest_body=LARGEST_BODY)


__getattr__ = module_app(__name__, Settings)
