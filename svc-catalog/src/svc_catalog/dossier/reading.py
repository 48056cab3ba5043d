"""Reads what is encrypted, for those who decide; each reading by staff is in the audit trail."""

import json
from typing import Any

from lib_kernel import Clock
from svc_catalog.application.commands import Decide, facts_of
from svc_catalog.application.domain import Application
from svc_catalog.application.ports import FieldCipher, UnitOfWork
from svc_catalog.application.submitting import APPLICANT, FORM


async def read_by_staff(cmd: Decide, what: str, *, uow: UnitOfWork, clock: Clock) -> Application:
    """Return an application after noting that a staff member reads `what` of it."""
    async with uow:
        application = await uow.applications.lock(cmd.application_id)
        cmd.check(application)
        await uow.audit.note(cmd.by, f"{what}.read", str(application.id), clock.now(), facts_of(application))
        await uow.commit()
    return application


def applicant_of(application: Application, cipher: FieldCipher) -> dict[str, str]:
    """Return who applies, in full: for documents addressed to them."""
    applicant: dict[str, str] = json.loads(cipher.decrypt(application.applicant, context=APPLICANT))
    return applicant


def masked_applicant(application: Application, cipher: FieldCipher) -> dict[str, str]:
    """Return who applies as screens show it."""
    applicant = applicant_of(application, cipher)
    number, phone = applicant["id_number"], applicant["phone"]
    return {
        "name": applicant["name"],
        "id_number": f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}",
        "phone": f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}",
    }


def form_of(application: Application, cipher: FieldCipher) -> dict[str, Any]:
    """Return what the applicant filled in."""
    form: dict[str, Any] = json.loads(cipher.decrypt(application.form, context=FORM))
    return form
