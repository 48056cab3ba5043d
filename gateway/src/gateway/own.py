"""The gateway's own operations: one router for each noun, and the composed start page."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.callers import Admin, CallerDep
from gateway.device.http import device_router
from gateway.inbox.feed import Feed
from gateway.inbox.http import inbox_router
from gateway.partner.http import partner_router
from gateway.partner_event.http import partner_event_router
from gateway.parts import Parts
from gateway.session.http import session_router
from gateway.webhook.http import webhook_router
from gateway.webhook.keys import public_keys
from lib_kernel import DomainError
from lib_web import Caller, CallerKind, SisterClient, install_problems


class TokenRevocation(BaseModel):
    """An access token's `jti`."""

    model_config = ConfigDict(extra="forbid")

    token_id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,100}$")


class Start(BaseModel):
    """Everything a person needs to begin; `proofs` and `slots` are null when their service is away."""

    item: dict[str, Any]
    proofs: list[dict[str, Any]] | None
    slots: list[dict[str, Any]] | None


def own_app(parts: Parts, feed: Feed, sisters: dict[str, SisterClient], person_key_file: Path) -> FastAPI:
    """Return the application of the gateway's own operations."""
    app = FastAPI(title="网关", docs_url=None, redoc_url=None)
    install_problems(app)
    person_key = person_key_file.read_bytes().strip()
    app.include_router(session_router(parts.sessions, parts.registry, person_key))
    app.include_router(inbox_router(parts.inbox, feed))
    app.include_router(partner_router(parts.partners, parts.usage, parts.audit, parts.outside, parts.clock))
    app.include_router(
        partner_event_router(parts.partners, parts.events, parts.reconciliation, parts.sandbox)
    )
    app.include_router(
        webhook_router(
            parts.partners,
            parts.queue,
            parts.journal,
            parts.notices,
            parts.audit,
            parts.outside,
            public_keys(parts.webhook_keys),
        )
    )
    app.include_router(device_router(parts.devices, parts.sessions, parts.audit, sisters, parts.clock))

    @app.post("/v1/revoked-tokens", status_code=201)
    async def revoke_token(body: TokenRevocation, caller: Admin) -> TokenRevocation:
        """Refuse an access token from now on (注销登录)."""
        await parts.revoked.revoke(body.token_id)
        return body

    @app.get("/v1/items/{code}/start")
    async def start(
        code: str, caller: CallerDep, service_point: Annotated[str | None, Query(max_length=40)] = None
    ) -> Start:
        item: dict[str, Any] = await sisters["catalog"].get(f"/v1/items/{code}", on_behalf_of=caller)
        proofs, slots = await asyncio.gather(
            _or_none(_proofs(sisters["license"], item, caller)),
            _or_none(_slots(sisters["booking"], item, service_point, caller)),
        )
        return Start(item=item, proofs=proofs, slots=slots)

    return app


async def _or_none(part: Awaitable[list[dict[str, Any]]]) -> list[dict[str, Any]] | None:
    """Return an optional part of a screen, None when its service refuses or is away."""
    try:
        return await part
    except DomainError:
        return None


async def _proofs(license_: SisterClient, item: dict[str, Any], caller: Caller) -> list[dict[str, Any]]:
    wanted = [material["satisfied_by"] for material in item["materials"] if material["satisfied_by"]]
    if not wanted or caller.kind is not CallerKind.CITIZEN:
        return []
    found = await license_.get("/v1/material-proofs", on_behalf_of=caller, license_types=wanted)
    return cast(list[dict[str, Any]], found["items"])


async def _slots(
    booking: SisterClient, item: dict[str, Any], point: str | None, caller: Caller
) -> list[dict[str, Any]]:
    if point is None:
        return []
    found = await booking.get(
        f"/v1/service-points/{point}/slots", on_behalf_of=caller, group=item["window_group"]
    )
    return [slot for slot in found["items"] if slot["free"]][:5]
