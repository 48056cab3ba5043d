"""Routes of holds."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Citizen, problems
from svc_booking.hold import store
from svc_booking.hold.commands import HoldPlaces, ReleaseHold, hold_places, release_hold
from svc_booking.hold.domain import NoSuchHold
from svc_booking.hold.ports import UnitOfWork
from svc_booking.hold.schemas import HoldCreate, HoldOut
from svc_booking.rule.domain import (
    AlreadyBooked,
    BookingClosed,
    DailyLimit,
    LateCancelBlock,
    NoShowBlock,
    NotOpenYet,
    PartyTooLarge,
    TooManyHolds,
)
from svc_booking.slot.domain import NoSuchSlot, QuotaFull, SlotFull
from svc_booking.slot.guide import SlotGuide

router = APIRouter(prefix="/v1/holds", tags=["号源保留"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
REFUSALS = problems(
    NoSuchSlot,
    SlotFull,
    QuotaFull,
    BookingClosed,
    NotOpenYet,
    AlreadyBooked,
    DailyLimit,
    NoShowBlock,
    LateCancelBlock,
    PartyTooLarge,
    TooManyHolds,
)


@router.post("", status_code=201, responses=REFUSALS)
async def create_hold(
    body: HoldCreate,
    caller: Citizen,
    uow: Annotated[UnitOfWork, recorded(HoldOut)],
    clock: ClockDep,
    guide: Annotated[SlotGuide, component(SlotGuide)],
) -> HoldOut:
    """Hold places of a slot for some minutes (保留号源)."""
    device = caller.device or body.device_id
    command = HoldPlaces(
        body.slot_id,
        caller.person_id,
        caller.channel,
        device,
        body.party_size,
        body.is_green,
        caller.partner,
    )
    held = await hold_places(command, uow=uow, clock=clock, alternatives=guide.alternatives)
    return HoldOut.model_validate(held)


@router.get("/{hold_id}", responses=problems(NoSuchHold))
async def get_hold(hold_id: UUID, caller: Citizen, session: ReadSession) -> HoldOut:
    """Return one of the caller's holds."""
    return HoldOut.model_validate(await store.one_of_person(session, hold_id, caller.person_id))


@router.post("/{hold_id}/release", responses=problems(NoSuchHold, IllegalMove))
async def release(hold_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep) -> HoldOut:
    """Let a held place go (放弃保留)."""
    held = await release_hold(ReleaseHold(hold_id, caller.person_id), uow=uow, clock=clock)
    return HoldOut.model_validate(held)
