"""Submit, accept, ask for more, decide, deliver, withdraw."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib_contracts import Event
from lib_contracts.catalog import (
    ApplicationAccepted,
    ApplicationApproved,
    ApplicationDelivered,
    ApplicationRefused,
    ApplicationSubmitted,
)
from lib_kernel import CITY_ZONE, Clock
from lib_workdays import add_working_time
from svc_catalog.application.domain import (
    Application,
    case_number,
    check_materials,
    new_application,
)
from svc_catalog.application.form import check_form
from svc_catalog.application.ports import FieldCipher, UnitOfWork

APPLICANT = "application.applicant"
FORM = "application.form"

Check = Callable[[Application], None]


@dataclass(frozen=True)
class Submit:
    """Hand in an application."""

    item_code: str
    person_id: str
    service_point: str
    appointment_id: UUID | None
    channel: str
    applicant: dict[str, str]
    form: dict[str, Any]
    materials: list[dict[str, Any]]


@dataclass(frozen=True)
class Decide:
    """A step on an application. `check` raises unless the caller may do it; `version` is If-Match."""

    application_id: UUID
    by: str
    check: Check
    version: int | None = None
    note: str = ""


async def submit(cmd: Submit, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Application:
    """Hand in an application on the item's current version.

    Raises:
        NoSuchItem, FormInvalid, MaterialsMissing: see there.
    """
    now = clock.now()
    async with uow:
        version, item = await uow.applications.item(cmd.item_code)
        check_form(item["form"], cmd.form)
        check_materials(item, {material["name"] for material in cmd.materials})
        day = now.astimezone(CITY_ZONE).strftime("%Y%m%d")
        application = new_application(
            item,
            version,
            case_number=case_number(day, await uow.applications.next_count(day)),
            person_id=cmd.person_id,
            service_point=cmd.service_point,
            appointment_id=cmd.appointment_id,
            channel=cmd.channel,
            applicant=cipher.encrypt(json.dumps(cmd.applicant), context=APPLICANT),
            form=cipher.encrypt(json.dumps(cmd.form), context=FORM),
            materials=cmd.materials,
            submitted_at=now,
        )
        uow.applications.add(application)
        uow.outbox.add(_event(ApplicationSubmitted, application, clock))
        await uow.commit(answer=application)
    return application


async def accept(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Take an application in; due at the end of the last promised working day."""
    async with uow:
        application = await _locked(cmd, uow)
        now = clock.now()
        application.accept(cmd.by, now, add_working_time(now, application.promised_days))
        uow.outbox.add(_event(ApplicationAccepted, application, clock, due_at=application.due_at))
        await uow.commit()
    return application


async def request_supplement(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Tell the applicant at once all that is missing."""
    async with uow:
        application = await _locked(cmd, uow)
        application.request_supplement(cmd.by, clock.now(), cmd.note)
        await uow.commit()
    return application


async def supplement(
    cmd: Decide,
    form: dict[str, Any],
    materials: list[dict[str, Any]],
    *,
    uow: UnitOfWork,
    cipher: FieldCipher,
    clock: Clock,
) -> Application:
    """Hand in what was missing; the form is checked again."""
    async with uow:
        application = await _locked(cmd, uow)
        _, item = await uow.applications.item(application.item_code)
        check_form(item["form"], form)
        check_materials(item, {material["name"] for material in materials})
        encrypted = cipher.encrypt(json.dumps(form), context=FORM)
        application.supplement(cmd.by, clock.now(), encrypted, materials)
        await uow.commit()
    return application


async def reject(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Do not take it in, with the reason."""
    async with uow:
        application = await _locked(cmd, uow)
        application.reject(cmd.by, clock.now(), cmd.note)
        await uow.commit()
    return application


async def approve(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Grant it; a licence follows by event when the item has one, else it is delivered at once."""
    async with uow:
        application = await _locked(cmd, uow)
        application.approve(cmd.by, clock.now())
        result = application.result_license_type
        uow.outbox.add(_event(ApplicationApproved, application, clock, result_license_type=result))
        if result is None:
            application.deliver("system", clock.now(), "无证照结果，即时送达")
            uow.outbox.add(_event(ApplicationDelivered, application, clock))
        await uow.commit()
    return application


async def refuse(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Refuse it, with the reason."""
    async with uow:
        application = await _locked(cmd, uow)
        application.refuse(cmd.by, clock.now(), cmd.note)
        uow.outbox.add(_event(ApplicationRefused, application, clock))
        await uow.commit()
    return application


async def withdraw(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Take it back."""
    async with uow:
        application = await _locked(cmd, uow)
        application.withdraw(cmd.by, clock.now())
        await uow.commit()
    return application


async def _locked(cmd: Decide, uow: UnitOfWork) -> Application:
    application = await uow.applications.lock(cmd.application_id)
    cmd.check(application)
    application.check_version(cmd.version)
    return application


def _event(kind: type[Event], application: Application, clock: Clock, **more: Any) -> Event:
    return kind.model_validate(
        {
            "application_id": application.id,
            "case_number": application.case_number,
            "person_id": application.person_id,
            "item_code": application.item_code,
            "item_name": application.item_name,
            "department": application.department,
            "service_point": application.service_point,
            "appointment_id": application.appointment_id,
            "happened_at": clock.now(),
            **more,
        }
    )


def delivered_event(application: Application, clock: Clock) -> Event:
    """Return the event that the applicant has the result."""
    return _event(ApplicationDelivered, application, clock)
