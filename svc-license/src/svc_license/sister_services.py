"""Opens the clients of the sister services, for the web and the worker process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_web import InternalTokenSigner, SisterClient
from svc_license.exchange.client import ProvinceClient
from svc_license.license.sisters import CatalogClient, SealClient
from svc_license.settings import Settings


@asynccontextmanager
async def open_sisters(settings: Settings) -> AsyncGenerator[tuple[CatalogClient, SealClient]]:
    """Yield svc-catalog and svc-seal; requests are vouched for as `svc-license`."""
    if settings.internal_signing_key_file is None:
        raise RuntimeError("svc-license calls other services: INTERNAL_SIGNING_KEY_FILE must be set")
    signer = InternalTokenSigner.from_file("svc-license", settings.internal_signing_key_file)
    catalog = SisterClient("svc-license", settings.catalog_url, signer)
    seal = SisterClient("svc-license", settings.seal_url, signer)
    try:
        yield CatalogClient(catalog), SealClient(seal)
    finally:
        await catalog.aclose()
        await seal.aclose()


@asynccontextmanager
async def open_province(settings: Settings) -> AsyncGenerator[ProvinceClient | None]:
    """Yield the provincial platform, if one is configured."""
    if settings.province_url is None:
        yield None
        return
    token = settings.province_access_token.get_secret_value()
    client = ProvinceClient(settings.province_url, settings.province_access_id, token)
    try:
        yield client
    finally:
        await client.aclose()
