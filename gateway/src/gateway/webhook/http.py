"""Webhooks over HTTP: log, dead letters and replay for administrators, keys for everyone."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.callers import Admin
from gateway.callers import Partner as PartnerCaller
from gateway.partner import schemas
from gateway.partner.domain import Partner
from gateway.partner.store import Partners
from gateway.partner_event.sandbox import SandboxOnly
from gateway.webhook.journal import Journal
from gateway.webhook.keys import PublicKey
from gateway.webhook.notices import Notices
from gateway.webhook.poster import Outside
from gateway.webhook.queue import Queue


class AttemptOut(BaseModel):
    """One attempt. `outcome`: delivered, retry, dead (given up) or ended (410)."""

    number: int
    event_id: str
    type: str
    sequence: int
    attempt: int
    at: datetime
    answer: str
    milliseconds: int
    outcome: str
    is_replay: bool


class DeliveriesOut(BaseModel):
    """The latest attempts first; `number` of the last one goes into `before`. `waiting` calls are queued."""

    waiting: int
    resting: bool
    down_since: datetime | None
    items: list[AttemptOut]


class DeadLetterOut(BaseModel):
    """A call that was given up on."""

    event_id: str
    type: str
    subject: str
    sequence: int
    reason: str
    given_up_at: datetime


class DeadLettersOut(BaseModel):
    """The oldest first, at most 200; `total` counts all."""

    total: int
    items: list[DeadLetterOut]


class ReplayCreate(BaseModel):
    """Which dead letter is sent again; without `event_id` all of them."""

    model_config = ConfigDict(extra="forbid")

    event_id: str | None = Field(default=None, pattern=r"^[0-9a-f-]{36}$")


class ReplayOut(BaseModel):
    """How many calls were queued again."""

    queued: int


class NoticeOut(BaseModel):
    """What the operator and the partner's contact were told."""

    at: datetime
    partner: str
    kind: str
    text: str


class NoticesOut(BaseModel):
    """The latest first."""

    items: list[NoticeOut]


class WebhookKeyOut(BaseModel):
    """A public key (PEM) under which webhooks and reconciliation files are signed."""

    model_config = ConfigDict(from_attributes=True)

    key_id: str
    algorithm: str
    public_key: str


class WebhookKeysOut(BaseModel):
    """All keys in use."""

    items: list[WebhookKeyOut]


class WebhookSettings(BaseModel):
    """Where a sandbox partner's events are sent; null ends the calls."""

    model_config = ConfigDict(extra="forbid")

    webhook: schemas.WebhookBody | None
    events: list[schemas.EventPattern] = []


def webhook_router(
    partners: Partners,
    queue: Queue,
    journal: Journal,
    notices: Notices,
    outside: Outside,
    keys: list[PublicKey],
) -> APIRouter:
    """Return the operations of webhooks."""
    router = APIRouter(tags=["事件推送"])

    @router.get("/v1/partners/{code}/deliveries")
    async def list_deliveries(
        code: str,
        caller: Admin,
        event_id: Annotated[str | None, Query(pattern=r"^[0-9a-f-]{36}$")] = None,
        before: Annotated[int | None, Query(ge=1)] = None,
    ) -> DeliveriesOut:
        """Show what became of a partner's calls (推送记录)."""
        await partners.get(code)
        health, waiting = await queue.health(code), await queue.businesses(code)
        return DeliveriesOut(
            waiting=sum(waiting.values()),
            resting=health.is_resting,
            down_since=health.down_since,
            items=[AttemptOut.model_validate(one) for one in await journal.attempts(code, event_id, before)],
        )

    @router.get("/v1/partners/{code}/dead-letters")
    async def list_dead_letters(code: str, caller: Admin) -> DeadLettersOut:
        """Show the calls that were given up on (死信)."""
        await partners.get(code)
        items = [DeadLetterOut.model_validate(one) for one in await journal.dead(code)]
        return DeadLettersOut(total=await journal.count_dead(code), items=items)

    @router.post("/v1/partners/{code}/dead-letters/replay")
    async def replay(code: str, body: ReplayCreate, caller: Admin) -> ReplayOut:
        """Send dead letters again, after their cause was mended (重放)."""
        await partners.get(code)
        await partners.note(code, "dead letters replayed", by=caller.subject, event_id=body.event_id)
        return ReplayOut(queued=await journal.replay(code, queue, body.event_id))

    @router.post("/v1/partners/{code}/webhook/reactivation")
    async def reactivate(code: str, caller: Admin) -> schemas.PartnerOut:
        """Start an ended subscription again; events from now on are sent (恢复推送)."""
        changed, _ = await partners.change(
            code, Partner.with_webhook_again, action="webhook reactivated", by=caller.subject
        )
        return schemas.out(changed)

    @router.get("/v1/partner-notices")
    async def list_notices(caller: Admin) -> NoticesOut:
        """Show what the operator and the contacts were told (告警)."""
        return NoticesOut(items=[NoticeOut.model_validate(one) for one in await notices.all()])

    @router.get("/v1/webhook-keys")
    async def list_keys() -> WebhookKeysOut:
        """Return the public keys with which a bank verifies calls."""
        items = [
            WebhookKeyOut(key_id=key.key_id, algorithm=key.algorithm, public_key=key.public_pem)
            for key in keys
        ]
        return WebhookKeysOut(items=items)

    @router.put("/v1/webhook")
    async def set_webhook(body: WebhookSettings, caller: PartnerCaller) -> schemas.PartnerOut:
        """Set the calling sandbox partner's address. A real partner's is set by an administrator."""

        def edit(partner: Partner) -> Partner:
            if not partner.is_sandbox:
                raise SandboxOnly("正式机构的推送地址由平台管理员登记")
            address = schemas.webhook(body.webhook, outside)
            return replace(partner, webhook=address, events=tuple(body.events))

        changed, _ = await partners.change(
            caller.subject, edit, action="webhook set", by=f"partner:{caller.subject}", url=_url(body)
        )
        return schemas.out(changed)

    return router


def _url(body: WebhookSettings) -> str | None:
    return body.webhook.url if body.webhook else None
