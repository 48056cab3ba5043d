"""Fixtures of the gateway."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateway_city import ORIGIN, City, Stub, ed25519_pair, serving
from joserfc.jwk import KeySet, OKPKey
from nats.aio.client import Client

from gateway.main import create_app
from gateway.seed import seed
from gateway.settings import Settings
from lib_gm import Sm2PrivateKey
from lib_partner import SigningKey
from lib_testing import free_port
from lib_web import InternalTokenVerifier


@pytest_asyncio.fixture
async def city(
    broker: Client, nats_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncGenerator[City]:
    """Return the running gateway; the license, seal and complaint services are down.

    An indirect parameter changes settings.
    """
    catalog, booking = Stub("catalog"), Stub("booking")
    internal_private, internal_public = ed25519_pair()
    (tmp_path / "internal.pem").write_bytes(internal_private)
    (tmp_path / "person.key").write_text(b64encode(b"1" * 32).decode())
    bank_private, bank_public = ed25519_pair()
    kiosk_private, kiosk_public = ed25519_pair()
    await seed(nats_url, [
        {"bucket": "partners", "key_id": "bank-1", "owner": "psbc", "algorithm": "ed25519",
         "public_pem": bank_public},
        {"bucket": "partners", "key_id": "box-1", "owner": "box", "algorithm": "ed25519",
         "public_pem": bank_public, "is_sandbox": True},
        {"bucket": "devices", "key_id": "k-1", "owner": "K001", "algorithm": "ed25519",
         "public_pem": kiosk_public, "point": "410422-HALL"},
    ])  # fmt: skip
    (tmp_path / "webhook.pem").write_bytes(ed25519_pair()[0])
    (tmp_path / "webhook-sm2.pem").write_bytes(Sm2PrivateKey.generate().pem())
    settings = Settings(
        public_origin=ORIGIN,
        nats_url=nats_url,
        internal_signing_key_file=tmp_path / "internal.pem",
        person_id_key_file=tmp_path / "person.key",
        oidc_issuer="http://idp.example",
        oidc_jwks_url=f"http://127.0.0.1:{catalog.port}/jwks.json",
        catalog_url=f"http://127.0.0.1:{catalog.port}",
        booking_url=f"http://127.0.0.1:{booking.port}",
        license_url=f"http://127.0.0.1:{free_port()}",
        largest_body=10_000,
        upstream_seconds=0.5,
        body_seconds=0.2,
        patience_seconds=0.1,
        requests_per_second=500,
        burst=500,
        webhook_key_file=tmp_path / "webhook.pem",
        webhook_sm2_key_file=tmp_path / "webhook-sm2.pem",
        webhook_allow_inner=True,
        webhook_allow_http=True,
        webhook_first_retry=timedelta(milliseconds=50),
        webhook_longest_retry=timedelta(milliseconds=200),
        webhook_rest=timedelta(milliseconds=100),
        log_level="WARNING",
    ).model_copy(update=getattr(request, "param", {}))
    app = create_app(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(catalog))
        await stack.enter_async_context(serving(booking))
        inner: Any = app.app
        await stack.enter_async_context(inner.router.lifespan_context(inner))
        async with asyncio.timeout(10):
            await inner.state.registry.is_loaded.wait()
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)
        )
        jwks = _jwks(internal_public)
        yield City(
            client,
            SigningKey("bank-1", "ed25519", bank_private),
            SigningKey("k-1", "ed25519", kiosk_private),
            catalog,
            booking,
            broker,
            jwks,
            inner.state.gateway,
            settings,
            inner.state.parts,
        )


def _jwks(public_pem: str) -> InternalTokenVerifier:
    key = OKPKey.import_key(public_pem, parameters={"kid": "gateway"})
    return InternalTokenVerifier(KeySet([key]))
