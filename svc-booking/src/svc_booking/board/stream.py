"""Server-sent events of the screen and of a phone, resumable by `Last-Event-ID`.

A comment goes out every five seconds of silence, because proxies close silent connections.
"""

from collections.abc import AsyncGenerator
from uuid import UUID

from svc_booking.board.hub import Channel, Hub
from svc_booking.board.schemas import Board, BoardChange, TicketStanding
from svc_booking.board.store import BoardNow
from svc_booking.journal.domain import Entry, Step
from svc_booking.queue_ticket.domain import OVER, QUEUED, QueueTicket
from svc_booking.queue_ticket.store import one_ticket

HEARTBEAT_SECONDS = 5.0
RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": still here\n\n"


def encode(entry: Entry) -> bytes:
    """Return a step as an event, encoded once for all screens."""
    return _frame(entry.version, "change", BoardChange.of(entry).model_dump_json())


def snapshot(now: BoardNow) -> tuple[int, bytes]:
    """Return a whole board as an event, with its version."""
    return now.version, _frame(now.version, "board", Board.of(now).model_dump_json())


def read_position(last_event_id: str | None) -> int | None:
    """Return the version a reader has seen; None when it has seen nothing, or what it says makes no sense."""
    return (
        int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
    )


async def board_events(
    hub: Hub, point: str, seen: int | None, *, silence: float = HEARTBEAT_SECONDS
) -> AsyncGenerator[bytes]:
    """Yield a point's board: the whole of it to a new reader, then each step, in order and without gaps."""
    async with hub.follow(point) as channel:
        yield RETRY
        if seen is not None and seen > channel.version:
            seen = None  # From another process that is ahead, or from another database.
        while not hub.is_stopping:
            if seen is None or not channel.covers(seen):
                seen, body = await hub.board(channel)
                yield body
            elif news := channel.after(seen):
                seen = news[-1][0]
                yield b"".join(body for _, _, body in news)
            elif not await channel.changed(seen, silence):
                yield HEARTBEAT


async def ticket_events(hub: Hub, ticket_id: UUID, point: str) -> AsyncGenerator[bytes]:
    """Yield where a number stands, now and whenever that changes, until it is finished or closed.

    Each event tells the whole standing, so a phone that was away needs nothing but the next one.
    """
    async with hub.follow(point) as channel:
        yield RETRY
        told: TicketStanding | None = None
        ticket: QueueTicket | None = None
        seen = 0
        while not hub.is_stopping:
            steps, seen = _own_steps(channel, ticket_id, seen), channel.version
            if ticket is None or steps is None or steps:
                async with hub.sessions() as session:
                    ticket = await one_ticket(session, ticket_id)
            now = await _standing(hub, channel, ticket)
            if now is not None and (now != told or Step.RECALLED in (steps or ())):
                told = now
                yield _frame(seen, "standing", now.model_dump_json())
            if ticket.status in OVER:
                return
            if not await channel.changed(seen, HEARTBEAT_SECONDS):
                yield HEARTBEAT


def _own_steps(channel: Channel, ticket_id: UUID, seen: int) -> list[Step] | None:
    """Return what happened to a number after a version; None when that cannot be told any more."""
    if not channel.covers(seen):
        return None
    return [entry.step for _, entry, _ in channel.after(seen) if entry.ticket_id == ticket_id]


async def _standing(hub: Hub, channel: Channel, ticket: QueueTicket) -> TicketStanding | None:
    """Return where a number stands; None when it was called since it was read, as will be told."""
    if ticket.status not in QUEUED:
        return TicketStanding.at(ticket, None)
    found = (await hub.standings(channel)).get(ticket.id)
    return TicketStanding.at(ticket, found) if found is not None else None


def _frame(version: int, kind: str, data: str) -> bytes:
    return f"id: {version}\nevent: {kind}\ndata: {data}\n\n".encode()
