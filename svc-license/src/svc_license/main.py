"""Web process of svc-license: `uvicorn svc_license.main:app`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lib_files import FileStore
from lib_gm import FieldCipher
from lib_kernel import Clock
from lib_service import Runtime
from lib_service.web import Components, module_app, service_app
from svc_license.checking import http as checking_http
from svc_license.consent import http as consent_http
from svc_license.decision import http as decision_http
from svc_license.delegation import http as delegation_http
from svc_license.exchange import http as exchange_http
from svc_license.exchange.client import ProvinceClient
from svc_license.kind import http as kind_http
from svc_license.license import http as license_http
from svc_license.license.documents import Documents
from svc_license.license.sisters import SealClient
from svc_license.oversight import http as oversight_http
from svc_license.person import PersonKey
from svc_license.presentation import http as presentation_http
from svc_license.presentation.store import open_signer
from svc_license.presentation.tokens import Signer
from svc_license.service import SERVICE
from svc_license.settings import Settings
from svc_license.sister_services import open_province, open_sisters
from svc_license.stock import http as stock_http
from svc_license.usage import http as usage_http

FEATURES = (
    kind_http,
    license_http,
    usage_http,
    decision_http,
    stock_http,
    consent_http,
    delegation_http,
    presentation_http,
    checking_http,
    exchange_http,
    oversight_http,
)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def provide(runtime: Runtime) -> AsyncGenerator[Components]:
        cipher = FieldCipher.from_file(settings.field_keys_file)
        files = FileStore(settings.files_url)
        async with open_sisters(settings) as (_, seal), open_province(settings) as province:
            components: dict[type, object] = {
                FieldCipher: cipher,
                PersonKey: PersonKey.from_file(settings.person_id_key_file),
                FileStore: files,
                Documents: Documents(files),
                SealClient: seal,
                Signer: await open_signer(runtime.sessions, cipher, runtime.clock.now()),
                ProvinceClient: province,
            }
            yield components

    routers = [feature.router for feature in FEATURES]
    return service_app(SERVICE, settings, routers, provide=provide, clock=clock)


__getattr__ = module_app(__name__, Settings)
