"""Routes of handing over results."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, Citizen, problems, requires
from svc_catalog.application import store as applications
from svc_catalog.application.access import SEES, at_point_or_department, by_staff, own, visible
from svc_catalog.application.commands import Decide
from svc_catalog.application.domain import NoSuchApplication
from svc_catalog.application.ports import UnitOfWork
from svc_catalog.application.schemas import ApplicationOut
from svc_catalog.delivery import store
from svc_catalog.delivery.domain import NoDelivery, PickupLocked, WrongPickupCode
from svc_catalog.handover import commands
from svc_catalog.handover.schemas import DeliveryForStaff, DeliveryOut, Parcel, PickupCode

router = APIRouter(prefix="/v1/applications/{application_id}/delivery", tags=["送达"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]
Staff = Annotated[Caller, requires("clerk", "officer")]
Clerk = Annotated[Caller, requires("clerk")]
Seen = Annotated[Caller, requires(*SEES)]
STEP = problems(NoSuchApplication, NoDelivery, IllegalMove, NotAllowed)


@router.get("", responses=STEP)
async def get_delivery(application_id: UUID, caller: Seen, session: ReadSession) -> DeliveryOut:
    """Return how the result goes and where it is (送达进度)."""
    await visible(session, await applications.one(session, application_id), caller)
    return DeliveryOut.model_validate(await store.one(session, application_id))


@router.post("/pickup-code", responses=STEP)
async def fetch_pickup_code(application_id: UUID, caller: Citizen, uow: Uow, cipher: Cipher) -> PickupCode:
    """Return a fresh pickup code for one's own result (取件码); the one before no longer holds."""
    command = Decide(application_id, caller.subject, own(caller))
    return PickupCode(code=await commands.fetch_code(command, uow=uow, cipher=cipher))


@router.post("/pickup", responses=STEP | problems(WrongPickupCode, PickupLocked))
async def hand_over(
    application_id: UUID, body: PickupCode, caller: Clerk, uow: Uow, cipher: Cipher, clock: ClockDep
) -> ApplicationOut:
    """Give the result to whoever presents the code (窗口领取)."""
    command = Decide(application_id, caller.subject, at_point_or_department(caller))
    done = await commands.hand_over(command, body.code, uow=uow, cipher=cipher, clock=clock)
    return ApplicationOut.for_reader(done, caller)


@router.post("/label", responses=STEP)
async def read_label(
    application_id: UUID, caller: Staff, uow: Uow, cipher: Cipher, clock: ClockDep
) -> DeliveryForStaff:
    """Return the address to write on the parcel; reading it is in the audit trail (邮寄面单)."""
    command = Decide(application_id, caller.subject, by_staff(caller))
    found = await commands.read_label(command, uow=uow, clock=clock)
    shown = DeliveryOut.model_validate(found).model_dump()
    return DeliveryForStaff.model_validate({**shown, "address": commands.read_address(found, cipher)})


@router.post("/parcel", responses=STEP)
async def post_result(
    application_id: UUID, body: Parcel, caller: Staff, uow: Uow, clock: ClockDep
) -> DeliveryOut:
    """Give the result to the post (寄出)."""
    command = Decide(application_id, caller.subject, by_staff(caller))
    sent = await commands.post(command, body.carrier, body.tracking_number, uow=uow, clock=clock)
    return DeliveryOut.model_validate(sent)


@router.post("/receipt", responses=STEP)
async def confirm_received(
    application_id: UUID, caller: Citizen, uow: Uow, clock: ClockDep
) -> ApplicationOut:
    """Say that the parcel came (确认收件)."""
    command = Decide(application_id, caller.subject, own(caller))
    return ApplicationOut.model_validate(await commands.confirm_received(command, uow=uow, clock=clock))
