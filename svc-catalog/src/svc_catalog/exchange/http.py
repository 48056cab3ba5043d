"""Routes of the exchange; partner cities come in by the gateway, which verifies their signatures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from lib_gm import FieldCipher
from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, problems, requires
from svc_catalog.application import store as applications
from svc_catalog.application.access import visible
from svc_catalog.application.domain import NoSuchApplication
from svc_catalog.application.http import REFUSED
from svc_catalog.application.submitting import Submit, Wish
from svc_catalog.exchange import commands, store
from svc_catalog.exchange.commands import Mirror, Receive
from svc_catalog.exchange.domain import NoSuchTransfer, NotAPartnerCity
from svc_catalog.exchange.ports import UnitOfWork
from svc_catalog.exchange.schemas import (
    ExchangeOut,
    MessageOut,
    SharedOut,
    StatusIn,
    StatusTaken,
    TransferIn,
    TransferTaken,
)
from svc_catalog.person_ids import PersonIds

router = APIRouter(prefix="/v1", tags=["跨省通办"])


class PartnerCities(frozenset[str]):
    """Division codes of the cities that we exchange with."""


Partner = Annotated[Caller, requires("partner")]
Staff = Annotated[Caller, requires("clerk", "officer")]
Cities = Annotated[PartnerCities, component(PartnerCities)]
Persons = Annotated[PersonIds, component(PersonIds)]
Cipher = Annotated[FieldCipher, component(FieldCipher)]


def partner_city(caller: Partner, cities: Cities) -> str:
    """Return the calling city (a dependency). Raises NotAPartnerCity."""
    if caller.partner is None or caller.partner not in cities:
        raise NotAPartnerCity
    return caller.partner


City = Annotated[str, Depends(partner_city)]


@router.post("/exchange/transfers", status_code=201, responses=REFUSED | problems(NotAPartnerCity))
async def receive_transfer(
    body: TransferIn,
    city: City,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    cipher: Cipher,
    persons: Persons,
    clock: ClockDep,
) -> TransferTaken:
    """Take over an application of somebody who is in the partner city (跨省收件); idempotent by its name."""
    submission = Submit(
        wish=Wish(item_code=body.item_code),
        person_id=persons.of(body.applicant.id_number),
        channel="exchange",
        applicant=body.applicant.model_dump(),
        form=body.form,
        materials=tuple(material.as_material() for material in body.materials),
    )
    command = Receive(city, body.partner_case, submission)
    taken = await commands.receive(command, uow=uow, cipher=cipher, clock=clock)
    return TransferTaken(partner_case=taken.id, case_number=taken.case_number, status=taken.status.value)


@router.post("/exchange/statuses", responses=problems(NoSuchTransfer, NotAPartnerCity))
async def receive_status(
    body: StatusIn, city: City, uow: Annotated[UnitOfWork, Depends(unit_of_work)], clock: ClockDep
) -> StatusTaken:
    """Take note of how our application stands in the partner city (状态回传); older news changes nothing."""
    command = Mirror(city, body.partner_case, body.status, body.sequence, body.note, body.legal_ground)
    return StatusTaken(news=await commands.mirror(command, uow=uow, clock=clock))


@router.get("/applications/{application_id}/exchange", responses=problems(NoSuchApplication, NotAllowed))
async def get_exchange(application_id: UUID, caller: Staff, session: ReadSession) -> ExchangeOut:
    """Return what went to and came from the partner city (跨省流转)."""
    await visible(session, await applications.one(session, application_id), caller)
    known = await store.shared(session, application_id)
    return ExchangeOut(
        shared=SharedOut.model_validate(vars(known)) if known is not None else None,
        messages=[
            MessageOut.model_validate(message) for message in await store.messages_of(session, application_id)
        ],
    )
