"""Events, reconciliation and sandbox over HTTP, for banks."""

from base64 import b64encode
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.callers import Admin
from gateway.callers import Partner as PartnerCaller
from gateway.partner import schemas
from gateway.partner.store import Partners
from gateway.partner_event.log import EventLog
from gateway.partner_event.reconciliation import Manifest, Reconciliation
from gateway.partner_event.sandbox import Sandbox, Wanted
from lib_web import Day

LARGEST_PAGE = 200
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,128}$")]


class EventOut(BaseModel):
    """An event (CloudEvents). `sequence` grows with each event of the same subject."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: dict[str, Any]
    sequence: int


class EventsOut(BaseModel):
    """The next events. Acknowledge `cursor` when you have worked on all of them."""

    items: list[EventOut]
    cursor: str


class Acknowledgement(BaseModel):
    """The `cursor` of a page whose events are safe with you."""

    model_config = ConfigDict(extra="forbid")

    cursor: str = Field(pattern=r"^[0-9]{1,18}$")


class SandboxEventCreate(BaseModel):
    """Some synthetic events of a type, all about one subject."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(max_length=80)
    subject: UUID
    count: int = Field(default=1, ge=1, le=50)


class SandboxEventOut(BaseModel):
    """An event that was made; `sequence` is null when the partner does not want its type."""

    id: str
    type: str
    subject: str
    sequence: int | None


class SandboxEventsOut(BaseModel):
    """The events in their order."""

    items: list[SandboxEventOut]


class ManifestOut(BaseModel):
    """A file. `digest` is its SHA-256 in hex, `signature` (Base64) the platform's over that text."""

    model_config = ConfigDict(from_attributes=True)

    partner: str
    day: date
    events: int
    digest: str
    key_id: str
    algorithm: str
    signature: str


class ManifestsOut(BaseModel):
    """All files, the latest day first."""

    items: list[ManifestOut]


def partner_event_router(
    partners: Partners, events: EventLog, reconciliation: Reconciliation, sandbox: Sandbox
) -> APIRouter:
    """Return the operations of partners' events."""
    router = APIRouter(tags=["事件"])

    @router.get("/v1/events")
    async def list_events(
        caller: PartnerCaller,
        after: Annotated[
            str | None, Query(pattern=r"^[0-9]{1,18}$", description="默认为已确认的位置")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> EventsOut:
        """Return the events not yet acknowledged, in order (事件查询)."""
        begin = await events.cursor(caller.subject) if after is None else int(after)
        page = await events.page(caller.subject, begin, limit)
        items = [EventOut.model_validate({**event.told, "sequence": event.position}) for event in page]
        return EventsOut(items=items, cursor=str(page[-1].position if page else begin))

    @router.post("/v1/events/acknowledgement")
    async def acknowledge(body: Acknowledgement, caller: PartnerCaller) -> Acknowledgement:
        """Say up to where events are safe; it never goes back (事件确认)."""
        return Acknowledgement(cursor=str(await events.acknowledge(caller.subject, int(body.cursor))))

    @router.get("/v1/reconciliations")
    async def list_files(caller: PartnerCaller) -> ManifestsOut:
        """List the daily reconciliation files (对账文件)."""
        return _manifests(await reconciliation.all(caller.subject))

    @router.get("/v1/reconciliations/{day}", response_class=Response)
    async def read_file(day: Day, caller: PartnerCaller) -> Response:
        """Return the file of a day: a line of JSON for each event."""
        return _file(*await reconciliation.read(caller.subject, day))

    @router.get("/v1/partners/{code}/reconciliations")
    async def list_files_of(code: str, caller: Admin) -> ManifestsOut:
        """List a partner's reconciliation files."""
        partner, _ = await partners.get(code)
        return _manifests(await reconciliation.all(partner.code))

    @router.get("/v1/partners/{code}/reconciliations/{day}", response_class=Response)
    async def read_file_of(code: str, day: Day, caller: Admin) -> Response:
        """Return a partner's file of a day."""
        await partners.get(code)
        return _file(*await reconciliation.read(code, day))

    @router.post("/v1/sandbox-events", status_code=201)
    async def emit(body: SandboxEventCreate, caller: PartnerCaller, idempotency_key: Key) -> SandboxEventsOut:
        """Make synthetic events of the true shape, sent and polled like real ones (沙箱事件)."""
        partner, _ = await partners.get(caller.subject)
        told = await sandbox.emit(partner, Wanted(body.type, body.subject, body.count), idempotency_key)
        return SandboxEventsOut(items=[SandboxEventOut.model_validate(one) for one in told])

    @router.post("/v1/sandbox-reset", status_code=204)
    async def reset(caller: PartnerCaller) -> Response:
        """Forget sessions, persons, events, calls and cursor of the calling sandbox partner (沙箱重置)."""
        await sandbox.reset(caller.subject, by=f"partner:{caller.subject}")
        return Response(status_code=204)

    @router.post("/v1/partners/{code}/sandbox-reset")
    async def reset_of(code: str, caller: Admin) -> schemas.PartnerOut:
        """Forget everything of a sandbox partner but its registration."""
        return schemas.out(await sandbox.reset(code, by=caller.subject))

    return router


def _manifests(found: list[Manifest]) -> ManifestsOut:
    return ManifestsOut(items=[ManifestOut.model_validate(one) for one in found])


def _file(manifest: Manifest, content: bytes) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{manifest.partner}-{manifest.day:%Y%m%d}.jsonl"',
        "repr-digest": f"sha-256=:{_base64(manifest.digest)}:",
    }
    return Response(content, media_type="application/jsonl", headers=headers)


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()
