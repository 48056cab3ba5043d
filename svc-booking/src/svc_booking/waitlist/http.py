"""Routes of waiting lines."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, recorded, unit_of_work
from lib_web import Citizen, Limit, problems
from svc_booking.rule.domain import (
    AlreadyBooked,
    BookingClosed,
    DailyLimit,
    LateCancelBlock,
    NoShowBlock,
    NotOpenYet,
    PartyTooLarge,
)
from svc_booking.slot.domain import NoSuchSlot
from svc_booking.waitlist import store
from svc_booking.waitlist.commands import JoinWaitlist, LeaveWaitlist, join_waitlist, leave_waitlist
from svc_booking.waitlist.domain import AlreadyWaiting, NoSuchEntry, PlacesFree, Status, WaitlistFull
from svc_booking.waitlist.ports import UnitOfWork
from svc_booking.waitlist.schemas import WaitlistJoin, WaitlistList, WaitlistOut, WaitlistStanding

router = APIRouter(prefix="/v1/waitlist-entries", tags=["候补"])

REFUSALS = problems(
    NoSuchSlot,
    PlacesFree,
    AlreadyWaiting,
    WaitlistFull,
    BookingClosed,
    NotOpenYet,
    AlreadyBooked,
    DailyLimit,
    NoShowBlock,
    LateCancelBlock,
    PartyTooLarge,
)


@router.post("", status_code=201, responses=REFUSALS)
async def create_waitlist_entry(
    body: WaitlistJoin,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(WaitlistOut)],
    clock: ClockDep,
) -> WaitlistOut:
    """Wait for a place in a full slot (候补)."""
    command = JoinWaitlist(
        body.slot_id, caller.person_id, caller.channel, body.party_size, body.is_green, caller.partner
    )
    return WaitlistOut.model_validate(await join_waitlist(command, uow=uow, clock=clock))


@router.get("")
async def list_waitlist_entries(caller: Citizen, session: ReadSession, limit: Limit = 20) -> WaitlistList:
    """List the caller's waiting lines, the latest first, each with how many are before (我的候补)."""
    rows = await store.of_person(session, caller.person_id, limit)
    return WaitlistList(
        items=[
            WaitlistStanding(
                **WaitlistOut.model_validate(entry).model_dump(),
                ahead=before if entry.status is Status.WAITING else 0,
            )
            for entry, before in rows
        ]
    )


@router.post("/{entry_id}/cancellation", responses=problems(NoSuchEntry, IllegalMove))
async def cancel_waitlist_entry(
    entry_id: UUID, caller: Citizen, uow: Annotated[UnitOfWork, Depends(unit_of_work)], clock: ClockDep
) -> WaitlistOut:
    """Leave a line, or decline what was offered; it goes to the next (退出候补)."""
    entry = await leave_waitlist(LeaveWaitlist(entry_id, caller.person_id), uow=uow, clock=clock)
    return WaitlistOut.model_validate(entry)
