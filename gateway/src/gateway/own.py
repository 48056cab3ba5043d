"""The gateway's own operations: one router for each noun."""

from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from gateway.attempts import FailedAttempts
from gateway.callers import Admin
from gateway.device.http import device_router
from gateway.inbox.feed import Feed
from gateway.inbox.http import inbox_router
from gateway.partner.http import partner_router
from gateway.partner_event.http import partner_event_router
from gateway.parts import Parts
from gateway.session.http import session_router
from gateway.webhook.http import webhook_router
from gateway.webhook.keys import public_keys
from lib_web import SisterClient, install_problems


class TokenRevocation(BaseModel):
    """An access token's `jti`."""

    model_config = ConfigDict(extra="forbid")

    token_id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,100}$")


def own_app(
    parts: Parts,
    feed: Feed,
    sisters: dict[str, SisterClient],
    person_key_file: Path,
    attempts: FailedAttempts,
) -> FastAPI:
    """Return the application of the gateway's own operations."""
    app = FastAPI(title="网关", docs_url=None, redoc_url=None)
    install_problems(app)
    person_key = person_key_file.read_bytes().strip()
    app.include_router(session_router(parts.sessions, parts.registry, person_key))
    app.include_router(inbox_router(parts.inbox, feed))
    app.include_router(partner_router(parts.partners, parts.usage, parts.outside, parts.clock))
    app.include_router(
        partner_event_router(parts.partners, parts.events, parts.reconciliation, parts.sandbox)
    )
    app.include_router(
        webhook_router(
            parts.partners,
            parts.queue,
            parts.journal,
            parts.notices,
            parts.outside,
            public_keys(parts.webhook_keys),
        )
    )
    app.include_router(device_router(parts.devices, parts.sessions, sisters, attempts, parts.clock))

    @app.post("/v1/revoked-tokens", status_code=201)
    async def revoke_token(body: TokenRevocation, caller: Admin) -> TokenRevocation:
        """Refuse an access token from now on (注销登录)."""
        await parts.revoked.revoke(body.token_id, by=caller.subject)
        return body

    return app
