"""Routes of the exchange."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from lib_kernel import Conflict, Invalid, mask_id
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import Caller, problems, requires
from svc_license.exchange import store
from svc_license.exchange.client import ProvinceClient
from svc_license.exchange.domain import ProvinceRefused, ProvinceUnavailable
from svc_license.exchange.schemas import LookupCreate, LookupOut, ReportList, ReportOut
from svc_license.kind.page import holder_number_kind
from svc_license.license.numbers import read_number
from svc_license.license.ports import UnitOfWork

router = APIRouter(prefix="/v1", tags=["省级证照交换"])

Desk = Annotated[Caller, requires("clerk", "officer")]
Overseer = Annotated[Caller, requires("auditor", "leader", "officer")]


class NotConnected(Conflict):
    """No provincial platform is configured here."""

    code = "province-not-connected"
    title = "尚未接入省级证照平台"


class LookupRefused(Conflict):
    """The province refuses this question."""

    code = "province-refused"
    title = "省级证照平台拒绝了查询"


@router.get("/exchange-reports")
async def list_reports(caller: Overseer, session: ReadSession) -> ReportList:
    """Return the daily reconciliations with the province (对账报告)."""
    waiting, parked = await store.open_counts(session)
    rows = await store.reports(session, 31)
    return ReportList(waiting=waiting, parked=parked, items=[ReportOut.model_validate(row) for row in rows])


@router.post(
    "/provincial-lookups", responses=problems(NotConnected, LookupRefused, ProvinceUnavailable, Invalid)
)
async def create_lookup(
    body: LookupCreate,
    caller: Desk,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    province: Annotated[ProvinceClient | None, component(ProvinceClient)],
    clock: ClockDep,
) -> LookupOut:
    """Look up a licence that was issued elsewhere in the province; the question is on record (省级查询)."""
    if province is None:
        raise NotConnected
    question = _question(body)
    subject, facts = body.license_number or "holder", {"purpose": body.purpose}
    async with uow:
        await uow.audit.note(caller.subject, "province.lookup", subject, clock.now(), facts)
        await uow.commit()
    try:
        items = await province.find(question)
    except ProvinceRefused as error:
        raise LookupRefused(f"省级平台状态 {error.status}") from error
    return LookupOut(items=[_masked(item) for item in items])


def _question(body: LookupCreate) -> dict[str, str]:
    if body.license_number is not None:
        read_number(body.license_number, ())
        return {"certIdentifier": body.license_number, "useCause": body.purpose}
    number = body.holder_number or ""
    return {
        "holderCode": number,
        "holderTypeCode": holder_number_kind(number)[0],
        "certTypeCode": body.license_type or "",
        "useCause": body.purpose,
    }


def _masked(item: dict[str, Any]) -> dict[str, Any]:
    hidden = {"CZZTDM": mask_id(str(item["CZZTDM"]))} if item.get("CZZTDM") else {}
    return {**item, **hidden}
