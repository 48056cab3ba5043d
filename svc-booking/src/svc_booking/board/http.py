"""Routes of the screen, the phone and the hints where less people wait."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import NotFound
from lib_service.web import ClockDep, ReadSession, component
from lib_web import AnyCaller, Caller, CallerKind, etag_of, matches, problems, requires
from svc_booking.board import store
from svc_booking.board.diversion import diversions_from
from svc_booking.board.hub import Hub
from svc_booking.board.page import board_page
from svc_booking.board.schemas import Board, DiversionList, TicketStanding
from svc_booking.board.stream import board_events, read_position, ticket_events
from svc_booking.hall_policy.store import policy_of
from svc_booking.queue_ticket.domain import NoSuchTicket, QueueTicket
from svc_booking.queue_ticket.store import one_ticket
from svc_booking.slot.domain import NoSuchPoint

router = APIRouter(prefix="/v1", tags=["叫号屏"])

Code = Annotated[str, Path(max_length=40)]
HubDep = Annotated[Hub, component(Hub)]
Visitor = Annotated[Caller, requires("citizen", "clerk")]
LastEventId = Annotated[str | None, Header(max_length=20, description="断线重连时最后收到的事件编号")]

ASSETS = {"board.js": "text/javascript", "board.css": "text/css"}
EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "事件流"}
}
STREAM_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class NoSuchAsset(NotFound):
    """The board has no such file."""

    code = "asset-not-found"
    title = "没有这个文件"


def _stream(events: AsyncGenerator[bytes]) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _visible(session: AsyncSession, ticket_id: UUID, caller: Caller) -> QueueTicket:
    """Return a ticket that the caller may see: their own, or one of a point they work at."""
    ticket = await one_ticket(session, ticket_id)
    if caller.kind is not CallerKind.CITIZEN:
        caller.check_point(ticket.service_point)
    elif ticket.person_id != caller.person_id:
        raise NoSuchTicket
    return ticket


@router.get("/service-points/{code}/board", responses=problems(NoSuchPoint))
async def get_board(code: Code, caller: AnyCaller, session: ReadSession) -> Board:
    """Show the numbers called and how many wait (大厅叫号屏)."""
    return Board.of(await store.board_of(session, code))


@router.get(
    "/service-points/{code}/board/events",
    response_class=StreamingResponse,
    responses={**EVENT_STREAM, **problems(NoSuchPoint)},
)
async def follow_board(
    code: Code, caller: AnyCaller, hub: HubDep, last_event_id: LastEventId = None
) -> StreamingResponse:
    """Follow a hall's board: one `board` event with everything, then a `change` for each step (实时叫号)."""
    async with hub.sessions() as session:
        await store.check_point(session, code)
    return _stream(board_events(hub, code, read_position(last_event_id)))


@router.get("/service-points/{code}/board/page", response_class=Response, responses=problems(NoSuchPoint))
async def get_board_page(code: Code, caller: AnyCaller, session: ReadSession) -> Response:
    """Return the page for the hall's screen (大厅显示屏页面)."""
    page = board_page(await store.check_point(session, code))
    return Response(page, media_type="text/html", headers={"cache-control": "no-cache"})


@router.get("/board-assets/{name}", response_class=Response, responses=problems(NoSuchAsset))
async def get_board_asset(
    name: Annotated[str, Path(max_length=40)], caller: AnyCaller, request: Request
) -> Response:
    """Return a file that the board's page loads."""
    if name not in ASSETS:
        raise NoSuchAsset
    body = files("svc_booking.board").joinpath("assets", name).read_bytes()
    tag = etag_of(body)
    headers = {"etag": tag, "cache-control": "no-cache"}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=ASSETS[name], headers=headers)


@router.get("/tickets/{ticket_id}", responses=problems(NoSuchTicket))
async def get_ticket(
    ticket_id: UUID, caller: Visitor, session: ReadSession, clock: ClockDep
) -> TicketStanding:
    """Return a number, how many are before it and the minutes to wait (排队进度)."""
    ticket = await _visible(session, ticket_id, caller)
    now = clock.now()
    queue = await store.queue_of(session, ticket.service_point, now)
    return TicketStanding.at(ticket, queue.standings(now).get(ticket.id))


@router.get(
    "/tickets/{ticket_id}/events",
    response_class=StreamingResponse,
    responses={**EVENT_STREAM, **problems(NoSuchTicket)},
)
async def follow_ticket(ticket_id: UUID, caller: Visitor, hub: HubDep) -> StreamingResponse:
    """Follow a number from the phone: position, minutes, call (排队进度实时推送)."""
    async with hub.sessions() as session:
        ticket = await _visible(session, ticket_id, caller)
    return _stream(ticket_events(hub, ticket.id, ticket.service_point))


@router.get("/service-points/{code}/diversions", responses=problems(NoSuchPoint))
async def list_diversions(
    code: Code,
    caller: AnyCaller,
    session: ReadSession,
    clock: ClockDep,
    group: Annotated[str, Query(max_length=40, description="业务窗口组")],
) -> DiversionList:
    """Say where a group's wait is shorter, once it is long here (分流建议)."""
    limit: timedelta = (await policy_of(session, code)).divert_after
    return await diversions_from(session, code, group, clock.now(), limit)
