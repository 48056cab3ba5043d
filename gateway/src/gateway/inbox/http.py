"""The inbox over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from gateway.callers import CallerDep
from gateway.inbox.feed import Feed
from gateway.inbox.store import MOST_MESSAGES, Inbox, Preferences
from lib_web import Caller, CallerKind

EventId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class MessageOut(BaseModel):
    """A message to the citizen or staff member."""

    id: str
    at: datetime
    kind: str
    title: str
    text: str
    facts: dict[str, Any]
    read_at: datetime | None


class InboxOut(BaseModel):
    """The caller's messages, the latest first. `older` goes into `before` to get the next ones.

    Open the stream with `position` as `after`, and no message falls between list and stream.
    """

    items: list[MessageOut]
    older: str | None
    unread: int
    position: int


def owner_of(caller: Caller) -> str:
    """Return whose inbox the caller reads: a citizen's or a staff member's own. Raises NotAllowed."""
    return caller.subject if caller.kind is CallerKind.STAFF else caller.person_id


def inbox_router(inbox: Inbox, feed: Feed) -> APIRouter:
    """Return the operations of the inbox."""
    router = APIRouter(tags=["消息"])

    @router.get("/v1/inbox")
    async def read_inbox(
        caller: CallerDep,
        before: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = MOST_MESSAGES,
    ) -> InboxOut:
        """Return the caller's messages of the last 90 days (我的消息)."""
        page = await inbox.page(owner_of(caller), before=before, limit=limit)
        return InboxOut(
            items=[MessageOut.model_validate(item) for item in page.items],
            older=page.older,
            unread=page.unread,
            position=page.position,
        )

    @router.get("/v1/inbox/stream", response_class=StreamingResponse)
    async def stream_inbox(
        caller: CallerDep,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
        after: Annotated[int | None, Query(ge=0)] = None,
    ) -> StreamingResponse:
        """Stream new messages as server-sent events; Last-Event-ID brings what came while away."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        events = feed.stream(owner_of(caller), after if last_event_id is None else last_event_id)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    @router.post("/v1/inbox/{id}/read", status_code=204)
    async def mark_read(id: EventId, caller: CallerDep) -> Response:
        """Mark one message as read."""
        await inbox.mark_read(owner_of(caller), id)
        return Response(status_code=204)

    @router.post("/v1/inbox/read", status_code=204)
    async def mark_all_read(caller: CallerDep) -> Response:
        """Mark every message as read."""
        await inbox.mark_all_read(owner_of(caller))
        return Response(status_code=204)

    @router.get("/v1/notification-preferences")
    async def read_preferences(caller: CallerDep) -> Preferences:
        """Return by which ways the caller is told (通知偏好)."""
        return await inbox.preferences(caller.person_id)

    @router.put("/v1/notification-preferences")
    async def set_preferences(body: Preferences, caller: CallerDep) -> Preferences:
        """Set by which ways the caller is told. The inbox itself is always written."""
        await inbox.prefer(caller.person_id, body)
        return body

    return router
