"""Calling a service's application in tests, as the gateway would: with an internal token."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from lib_web import HEADER, Caller, CallerKind, InternalTokenSigner

CITIZEN = Caller(CallerKind.CITIZEN, "p_citizen_a", "mobile")
OTHER_CITIZEN = Caller(CallerKind.CITIZEN, "p_citizen_b", "mobile")
PUBLIC = Caller(CallerKind.PUBLIC, "public", "public")


@cache
def _key(issuer: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", parameters={"kid": issuer})


def internal_keys_file(folder: Path, *issuers: str) -> Path:
    """Write the public keys of the issuers (default: the gateway) and return the file."""
    keys = [_key(issuer).as_dict(private=False) for issuer in issuers or ("gateway",)]
    path = folder / "internal-keys.json"
    path.write_text(json.dumps({"keys": keys}), encoding="utf-8")
    return path


def signer(issuer: str = "gateway") -> InternalTokenSigner:
    """Return the signer whose public key `internal_keys_file` writes."""
    return InternalTokenSigner(issuer, _key(issuer))


def staff(subject: str, *roles: str, orgs: tuple[str, ...] = (), points: tuple[str, ...] = ()) -> Caller:
    """Return a staff caller."""
    return Caller(
        CallerKind.STAFF,
        subject,
        "pc",
        roles=frozenset(roles),
        orgs=frozenset(orgs),
        points=frozenset(points),
    )


class Clients:
    """Clients of one running application, one for each caller."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._transport = httpx.ASGITransport(app)

    def as_(self, caller: Caller, issuer: str = "gateway") -> httpx.AsyncClient:
        """Return a client that is vouched for as `caller`."""
        return self.bare({HEADER: signer(issuer).sign(caller)})

    def bare(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """Return a client without an internal token."""
        return httpx.AsyncClient(transport=self._transport, base_url="http://service", headers=headers)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncGenerator[Clients]:
    """Start an application as its server would, and stop it."""
    async with app.router.lifespan_context(app):
        yield Clients(app)


def field_keys_file(folder: Path) -> Path:
    """Write keys for encrypted fields and return the file."""
    keys = {
        "current": "k1",
        "keys": {"k1": base64.b64encode(b"1" * 16).decode()},
        "index": base64.b64encode(b"2" * 32).decode(),
    }
    path = folder / "field-keys.json"
    path.write_text(json.dumps(keys), encoding="utf-8")
    return path
