"""Handing in: check form, materials and files, then keep the application with its event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lib_contracts.catalog import ApplicationSubmitted
from lib_kernel import CITY_ZONE, Clock, Invalid
from svc_catalog.application.domain import Application, case_number, new_application
from svc_catalog.application.events import event_of
from svc_catalog.application.form import check_form, form_errors
from svc_catalog.application.materials import (
    Holding,
    Material,
    Wallet,
    complete,
    proven,
    types_asked,
    unproven,
)
from svc_catalog.application.plan import CasePlan
from svc_catalog.application.ports import FieldCipher, UnitOfWork, WalletAway, WalletService
from svc_catalog.attachment.domain import AttachmentUnknown
from svc_catalog.delivery.domain import Delivery, Method

APPLICANT = "application.applicant"
FORM = "application.form"
ADDRESS = "delivery.address"


class NotOfferedThere(Invalid):
    """The item is not done across provinces with this partner city."""

    code = "not-offered-there"
    title = "该事项未与所选城市开通跨省通办"


@dataclass(frozen=True)
class Wish:
    """What somebody applies for: exactly one of item and bundle; answers belong to a bundle."""

    item_code: str | None = None
    bundle_code: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Submit:
    """Hand in an application.

    `submitted_by` and `consent_note` when somebody does it for the person, `partner` the bank it is done at.
    """

    wish: Wish
    person_id: str
    channel: str
    applicant: Mapping[str, str]
    form: Mapping[str, Any]
    materials: tuple[Material, ...]
    service_point: str = ""
    appointment_id: UUID | None = None
    conveniences: tuple[str, ...] = ()
    delivery_method: Method = Method.ELECTRONIC
    address: Mapping[str, str] | None = None
    submitted_by: str | None = None
    consent_note: str | None = None
    partner_city: str | None = None
    partner: str | None = None


@dataclass(frozen=True)
class PreCheck:
    """What would become of an application; it can be handed in when nothing is missing or wrong."""

    plan: CasePlan
    errors: list[dict[str, str]]
    findings: list[dict[str, Any]]
    missing: list[str]


async def submit(
    cmd: Submit, *, uow: UnitOfWork, wallet: WalletService, cipher: FieldCipher, clock: Clock
) -> Application:
    """Hand in an application on the current version of an item or bundle.

    Raises:
        NoSuchItem, NoSuchBundle: there is nothing of that code to apply for.
        FormInvalid, MaterialsMissing, AttachmentUnknown, NotOfferedThere, ItemNotOnChannel: see there.
    """
    async with uow:
        plan = await planned(cmd.wish, uow)
        asked = types_asked(unproven(plan, cmd.materials))
        if not asked:
            application = await file(cmd, plan, Wallet(), uow=uow, cipher=cipher, clock=clock)
            await uow.commit(answer=application)
            return application
    # The wallet is asked outside any transaction.
    known = await ask(wallet, cmd.person_id, asked)
    async with uow:
        plan = await planned(cmd.wish, uow)
        application = await file(cmd, plan, known, uow=uow, cipher=cipher, clock=clock)
        await uow.commit(answer=application)
    return application


async def pre_check(cmd: Submit, *, uow: UnitOfWork, wallet: WalletService) -> PreCheck:
    """Tell what would be wrong or missing, and what the wallet proves, without handing in."""
    async with uow:
        plan = await planned(cmd.wish, uow)
    asked = types_asked(unproven(plan, cmd.materials))
    known = await ask(wallet, cmd.person_id, asked) if asked else Wallet()
    _, findings, missing = proven(plan, cmd.materials, known)
    return PreCheck(plan, form_errors(plan.form, cmd.form), findings, missing)


async def file(
    cmd: Submit, plan: CasePlan, known: Wallet, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> Application:
    """Keep an application and its event in the open transaction; the caller commits. Raises as `submit`."""
    now = clock.now()
    await uow.applications.check_offered(plan, cmd.channel)
    check_form(plan.form, cmd.form)
    if cmd.partner_city is not None and cmd.partner_city not in plan.partner_cities:
        raise NotOfferedThere(partner_cities=list(plan.partner_cities))
    materials, findings = complete(plan, cmd.materials, known)
    await check_attachments(materials, cmd.person_id, uow, clock)
    day = now.astimezone(CITY_ZONE).strftime("%Y%m%d")
    application = new_application(
        plan,
        submitted_at=now,
        case_number=case_number(day, await uow.applications.next_count()),
        person_id=cmd.person_id,
        service_point=cmd.service_point,
        appointment_id=cmd.appointment_id,
        channel=cmd.channel,
        applicant=encrypted(cmd.applicant, cipher, APPLICANT),
        form=encrypted(cmd.form, cipher, FORM),
        materials=[material.as_data() for material in materials],
        answers=dict(cmd.wish.answers),
        precheck=findings,
        conveniences=sorted(set(cmd.conveniences)),
        delivery_method=cmd.delivery_method,
        submitted_by=cmd.submitted_by,
        consent_note=cmd.consent_note,
        partner_city=cmd.partner_city,
        partner=cmd.partner,
    )
    uow.applications.add(application)
    if cmd.delivery_method is not Method.ELECTRONIC:
        address = encrypted(cmd.address, cipher, ADDRESS) if cmd.address is not None else None
        uow.deliveries.add(Delivery(application.id, cmd.delivery_method, address, None))
    uow.outbox.add(event_of(ApplicationSubmitted, application, clock))
    return application


async def planned(wish: Wish, uow: UnitOfWork) -> CasePlan:
    """Return the plan of what is applied for, as published now."""
    if wish.bundle_code is not None:
        return await uow.applications.bundle_plan(wish.bundle_code, wish.answers)
    return await uow.applications.plan(wish.item_code or "")


async def check_attachments(materials: list[Material], person_id: str, uow: UnitOfWork, clock: Clock) -> None:
    """Raise AttachmentUnknown unless every named file was uploaded for this person."""
    named = {material.attachment_id for material in materials if material.attachment_id is not None}
    if not named:
        return
    found = await uow.attachments.use(named, person_id, clock.now())
    unknown = [material.name for material in materials if material.attachment_id in named - found]
    if unknown:
        raise AttachmentUnknown("没有上传过：" + "、".join(unknown), materials=unknown)


async def ask(wallet: WalletService, person_id: str, types: list[str]) -> Wallet:
    """Return what the wallet holds; away is an answer too."""
    try:
        held: list[Holding] = await wallet.holdings(person_id, types)
    except WalletAway:
        return Wallet(is_away=True)
    return Wallet({holding.type_code: holding for holding in held})


def encrypted(value: Mapping[str, Any], cipher: FieldCipher, context: str) -> str:
    """Return a value as encrypted JSON."""
    return cipher.encrypt(json.dumps(value, ensure_ascii=False), context=context)
