"""Routes of the hall's day."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import AnyCaller, Caller, CallerKind, problems, requires
from svc_booking.appointment.domain import CheckInNotOpen, NoSuchAppointment, WrongPoint
from svc_booking.queue_ticket import commands, store
from svc_booking.queue_ticket.domain import NobodyWaiting, NoSuchTicket, NoSuchWindow, WindowBusy
from svc_booking.queue_ticket.ports import UnitOfWork
from svc_booking.queue_ticket.schemas import (
    Board,
    BoardCall,
    BoardGroup,
    CheckInCreate,
    TicketCreate,
    TicketOut,
    TicketStanding,
)
from svc_booking.settings import Settings
from svc_booking.slot.domain import NoSuchPoint

router = APIRouter(prefix="/v1", tags=["排队叫号"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
KeptUow = Annotated[UnitOfWork, recorded(TicketOut)]
Clerk = Annotated[Caller, requires("clerk")]
Visitor = Annotated[Caller, requires("citizen", "clerk")]


def _person(caller: Caller, named: str | None = None) -> str | None:
    """Return whose errand it is: the citizen's own, or whom a clerk names."""
    return caller.person_id if caller.kind is CallerKind.CITIZEN else named


def _point(caller: Caller, named: str | None) -> str:
    """Return the point the caller stands at: the terminal's, or the one a clerk of that point names."""
    if named is None and len(caller.points) == 1:
        return next(iter(caller.points))
    if named is None:
        raise NotAllowed("请在网点终端取号，或由窗口人员指明网点")
    caller.check_point(named)
    return named


@router.post(
    "/check-ins",
    status_code=201,
    responses=problems(NoSuchAppointment, WrongPoint, CheckInNotOpen, IllegalMove),
)
async def create_check_in(
    body: CheckInCreate,
    caller: Visitor,
    uow: KeptUow,
    clock: ClockDep,
    settings: Annotated[Settings, component(Settings)],
) -> TicketOut:
    """Check in for an appointment at a terminal or window and get a queue number (取号)."""
    command = commands.CheckIn(
        body.appointment_id,
        _point(caller, body.service_point),
        _person(caller),
        settings.check_in_early,
        settings.check_in_late,
    )
    return TicketOut.model_validate(await commands.check_in(command, uow=uow, clock=clock))


@router.post("/tickets", status_code=201, responses=problems(NoSuchPoint, NotAllowed))
async def create_ticket(body: TicketCreate, caller: Visitor, uow: KeptUow, clock: ClockDep) -> TicketOut:
    """Draw a number without an appointment (现场取号)."""
    person = _person(caller, body.person_id)
    if person is None:
        raise NotAllowed("请指明办事人 person_id")
    point = _point(caller, body.service_point)
    command = commands.DrawTicket(point, body.group, body.item_code, person, body.is_green)
    return TicketOut.model_validate(await commands.draw_ticket(command, uow=uow, clock=clock))


@router.get("/tickets/{ticket_id}", responses=problems(NoSuchTicket))
async def get_ticket(ticket_id: UUID, caller: Visitor, session: ReadSession) -> TicketStanding:
    """Return a queue number and how many are before it."""
    ticket = await store.one_ticket(session, ticket_id)
    if caller.kind is CallerKind.CITIZEN:
        if ticket.person_id != caller.person_id:
            raise NoSuchTicket
    else:
        caller.check_point(ticket.service_point)
    ahead = await store.ahead_of(session, ticket)
    return TicketStanding(**TicketOut.model_validate(ticket).model_dump(), ahead=ahead)


@router.post(
    "/service-points/{code}/windows/{window}/calls",
    status_code=201,
    responses=problems(NoSuchWindow, NobodyWaiting, WindowBusy, NotAllowed),
)
async def call_next(
    code: Annotated[str, Path(max_length=40)],
    window: Annotated[str, Path(max_length=40)],
    caller: Clerk,
    uow: KeptUow,
    clock: ClockDep,
) -> TicketOut:
    """Call the next number to a window (叫号)."""
    caller.check_point(code)
    ticket = await commands.call_next(commands.CallNext(code, window), uow=uow, clock=clock)
    return TicketOut.model_validate(ticket)


@router.post("/tickets/{ticket_id}/start", responses=problems(NoSuchTicket, IllegalMove))
async def start_ticket(ticket_id: UUID, caller: Clerk, uow: Uow) -> TicketOut:
    """Say that the called person is at the window (开始办理)."""
    return TicketOut.model_validate(
        await commands.start_serving(ticket_id, points=caller.check_point, uow=uow)
    )


@router.post("/tickets/{ticket_id}/finish", responses=problems(NoSuchTicket, IllegalMove))
async def finish_ticket(ticket_id: UUID, caller: Clerk, uow: Uow, clock: ClockDep) -> TicketOut:
    """Say that the window is done with the number (办结)."""
    ticket = await commands.finish(ticket_id, points=caller.check_point, uow=uow, clock=clock)
    return TicketOut.model_validate(ticket)


@router.post("/tickets/{ticket_id}/skip", responses=problems(NoSuchTicket, IllegalMove))
async def skip_ticket(ticket_id: UUID, caller: Clerk, uow: Uow) -> TicketOut:
    """Say that the called person did not come (过号)."""
    return TicketOut.model_validate(await commands.skip(ticket_id, points=caller.check_point, uow=uow))


@router.post("/tickets/{ticket_id}/recall", responses=problems(NoSuchTicket, IllegalMove))
async def recall_ticket(ticket_id: UUID, caller: Clerk, uow: Uow) -> TicketOut:
    """Put a skipped number back into the queue (过号重排)."""
    return TicketOut.model_validate(await commands.recall(ticket_id, points=caller.check_point, uow=uow))


@router.get("/service-points/{code}/board", responses=problems(NoSuchPoint))
async def get_board(
    code: Annotated[str, Path(max_length=40)], caller: AnyCaller, session: ReadSession
) -> Board:
    """Show the numbers called and how many wait (大厅叫号屏)."""
    waiting = await store.waiting_by_group(session, code)
    calls = await store.at_windows(session, code)
    return Board(
        service_point=code,
        calls=[BoardCall.model_validate(call) for call in calls],
        groups=[BoardGroup(group=group, waiting=count) for group, count in waiting.items()],
    )
