"""Routes of the queue: arriving and calling."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, recorded, unit_of_work
from lib_web import Caller, CallerKind, Citizen, Day, problems, requires
from svc_booking.appointment import store as appointments
from svc_booking.appointment.domain import CheckInNotOpen, NoSuchAppointment, WrongPoint
from svc_booking.journal import store as journal
from svc_booking.journal.domain import HallClosed
from svc_booking.queue_ticket import arrival, commands, store
from svc_booking.queue_ticket.commands import AtTicket
from svc_booking.queue_ticket.domain import (
    AlreadyQueued,
    NobodyWaiting,
    NoSuchTicket,
    SkippedTooOften,
    TransferToNowhere,
    city_day,
)
from svc_booking.queue_ticket.picture import check_in_code
from svc_booking.queue_ticket.ports import UnitOfWork
from svc_booking.queue_ticket.schemas import (
    CheckInCreate,
    TicketCreate,
    TicketHistory,
    TicketOut,
    TicketStep,
    TransferCreate,
)
from svc_booking.slot.domain import NoSuchPoint
from svc_booking.window.domain import NoSuchWindow, WindowBusy, WindowPaused, WindowTaken
from svc_booking.window.schemas import WindowOut

router = APIRouter(prefix="/v1", tags=["排队叫号"])

Code = Annotated[str, Path(max_length=40)]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
KeptUow = Annotated[UnitOfWork, recorded(TicketOut)]
Clerk = Annotated[Caller, requires("clerk")]
# A terminal without a person's ID card on it: it has scanned the code of an appointment.
AtPoint = Annotated[Caller, requires("citizen", "clerk", "device")]
Visitor = Annotated[Caller, requires("citizen", "clerk")]
STEP_PROBLEMS = problems(NoSuchTicket, IllegalMove, NotAllowed)


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


def _clerk(caller: Caller) -> str | None:
    return caller.subject if caller.kind is CallerKind.STAFF else None


def at_ticket(ticket_id: UUID, caller: Clerk) -> AtTicket:
    """Return what a clerk does with a number (a dependency)."""
    return AtTicket(ticket_id, caller.subject, caller.check_point)


OnTicket = Annotated[AtTicket, Depends(at_ticket)]


@router.get("/appointments/{appointment_id}/check-in-code", responses=problems(NoSuchAppointment))
async def get_check_in_code(appointment_id: UUID, caller: Citizen, session: ReadSession) -> Response:
    """Return the code that a terminal scans at check-in, as an SVG picture (预约码)."""
    found = await appointments.one_of_person(session, appointment_id, caller.person_id)
    headers = {"cache-control": "no-store"}
    return Response(check_in_code(found.id), media_type="image/svg+xml", headers=headers)


@router.post(
    "/check-ins",
    status_code=201,
    responses=problems(NoSuchAppointment, WrongPoint, CheckInNotOpen, IllegalMove, HallClosed, AlreadyQueued),
)
async def create_check_in(body: CheckInCreate, caller: AtPoint, uow: KeptUow, clock: ClockDep) -> TicketOut:
    """Check in for an appointment at a terminal or window and get a queue number (取号)."""
    command = arrival.CheckIn(
        body.appointment_id,
        _point(caller, body.service_point),
        _person(caller),
        _clerk(caller),
        body.is_green,
        tuple(body.item_codes),
    )
    return TicketOut.model_validate(await arrival.check_in(command, uow=uow, clock=clock))


@router.post(
    "/tickets", status_code=201, responses=problems(NoSuchPoint, NotAllowed, HallClosed, AlreadyQueued)
)
async def create_ticket(body: TicketCreate, caller: Visitor, uow: KeptUow, clock: ClockDep) -> TicketOut:
    """Draw a number without an appointment (现场取号)."""
    person = _person(caller, body.person_id)
    if person is None:
        raise NotAllowed("请指明办事人 person_id")
    point = _point(caller, body.service_point)
    command = arrival.DrawTicket(point, body.group, body.items, person, body.is_green, _clerk(caller))
    return TicketOut.model_validate(await arrival.draw_ticket(command, uow=uow, clock=clock))


@router.get("/tickets")
async def list_tickets(
    caller: Citizen, session: ReadSession, clock: ClockDep, on: Day | None = None
) -> list[TicketOut]:
    """List the caller's numbers of today or of another day, the latest first (我的排队号)."""
    rows = await store.open_of_person(session, caller.person_id, on or city_day(clock.now()))
    return [TicketOut.model_validate(row) for row in rows]


@router.post("/tickets/{ticket_id}/leave", responses=problems(NoSuchTicket, IllegalMove))
async def leave_queue(ticket_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> TicketOut:
    """Give one's number up before it is called (放弃排队)."""
    ticket = await commands.leave(ticket_id, caller.person_id, uow=uow, clock=clock)
    return TicketOut.model_validate(ticket)


@router.get("/tickets/{ticket_id}/history", responses=problems(NoSuchTicket, NotAllowed))
async def get_ticket_history(ticket_id: UUID, caller: Clerk, session: ReadSession) -> TicketHistory:
    """Return everything that happened to a number (办理轨迹)."""
    ticket = await store.one_ticket(session, ticket_id)
    caller.check_point(ticket.service_point)
    steps = await journal.of_ticket(session, ticket_id)
    return TicketHistory(
        ticket=TicketOut.model_validate(ticket), steps=[TicketStep.model_validate(step) for step in steps]
    )


@router.post(
    "/service-points/{code}/windows/{window}/calls",
    status_code=201,
    responses=problems(NoSuchWindow, NobodyWaiting, WindowBusy, WindowPaused, WindowTaken, NotAllowed),
)
async def call_next(
    code: Code,
    window: Annotated[str, Path(max_length=40)],
    caller: Clerk,
    uow: KeptUow,
    clock: ClockDep,
) -> TicketOut:
    """Call the next number to a window (叫号)."""
    caller.check_point(code)
    command = commands.CallNext(code, window, caller.subject)
    return TicketOut.model_validate(await commands.call_next(command, uow=uow, clock=clock))


@router.post(
    "/service-points/{code}/windows/{window}/closing",
    responses=problems(NoSuchWindow, WindowBusy, IllegalMove, NotAllowed),
)
async def close_window(
    code: Code, window: Annotated[str, Path(max_length=40)], caller: Clerk, uow: Uow, clock: ClockDep
) -> WindowOut:
    """Leave a window (关窗)."""
    caller.check_point(code)
    command = commands.CloseWindow(code, window, caller.subject)
    return WindowOut.model_validate(await commands.close_window(command, uow=uow, clock=clock))


@router.post("/tickets/{ticket_id}/start", responses=STEP_PROBLEMS)
async def start_ticket(command: OnTicket, uow: Uow, clock: ClockDep) -> TicketOut:
    """Say that the called person is at the window (开始办理)."""
    return TicketOut.model_validate(await commands.start_serving(command, uow=uow, clock=clock))


@router.post("/tickets/{ticket_id}/finish", responses=STEP_PROBLEMS)
async def finish_ticket(command: OnTicket, uow: Uow, clock: ClockDep) -> TicketOut:
    """Say that the window is done with the number (办结)."""
    return TicketOut.model_validate(await commands.finish(command, uow=uow, clock=clock))


@router.post("/tickets/{ticket_id}/skip", responses=STEP_PROBLEMS)
async def skip_ticket(command: OnTicket, uow: Uow, clock: ClockDep) -> TicketOut:
    """Say that the called person did not come (过号)."""
    return TicketOut.model_validate(await commands.skip(command, uow=uow, clock=clock))


@router.post("/tickets/{ticket_id}/recall", responses=STEP_PROBLEMS)
async def recall_ticket(command: OnTicket, uow: Uow, clock: ClockDep) -> TicketOut:
    """Call a number once more to the same window (重呼)."""
    return TicketOut.model_validate(await commands.call_again(command, uow=uow, clock=clock))


@router.post(
    "/tickets/{ticket_id}/return", responses=problems(NoSuchTicket, IllegalMove, SkippedTooOften, NotAllowed)
)
async def return_ticket(command: OnTicket, uow: Uow, clock: ClockDep) -> TicketOut:
    """Put a skipped number back into the queue (过号重排)."""
    return TicketOut.model_validate(await commands.bring_back(command, uow=uow, clock=clock))


@router.post(
    "/tickets/{ticket_id}/transfer",
    responses=problems(NoSuchTicket, IllegalMove, NoSuchWindow, NoSuchPoint, TransferToNowhere, NotAllowed),
)
async def transfer_ticket(
    ticket_id: UUID, body: TransferCreate, caller: Clerk, uow: Uow, clock: ClockDep
) -> TicketOut:
    """Send a number on to another group or window, where it waits with its rank (转窗口)."""
    command = commands.Transfer(
        ticket_id, caller.subject, caller.check_point, body.reason, body.group, body.window
    )
    return TicketOut.model_validate(await commands.transfer(command, uow=uow, clock=clock))
