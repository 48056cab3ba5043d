"""Routes of kinds."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from lib_kernel import Invalid, StaleVersion
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_web import AnyCaller, Caller, problems, requires
from svc_complaint.kind import store
from svc_complaint.kind.domain import CaseKind, KindInvalid

router = APIRouter(prefix="/v1/case-kinds", tags=["诉求类别"])


class KindOut(BaseModel):
    """A kind as a form needs it: name, own fields, who may open one."""

    code: str
    version: int
    name: str
    fields: dict[str, Any]
    opened_by: list[str]


class Kinds(BaseModel):
    """All kinds."""

    items: list[KindOut]


def _out(kind: CaseKind) -> KindOut:
    return KindOut(
        code=kind.code,
        version=kind.version,
        name=kind.name,
        fields=dict(kind.schema),
        opened_by=sorted(kind.opened_by),
    )


@router.get("")
async def list_case_kinds(caller: AnyCaller, session: ReadSession) -> Kinds:
    """List the kinds of cases with their own fields."""
    return Kinds(items=[_out(kind) for kind in await store.newest(session)])


@router.put("/{code}", responses=problems(KindInvalid, StaleVersion))
async def publish_case_kind(
    code: str,
    body: Annotated[dict[str, Any], Body()],
    caller: Annotated[Caller, requires("admin")],
    uow: Annotated[Any, Depends(unit_of_work)],
    clock: ClockDep,
) -> KindOut:
    """Publish a kind's next version; cases under way keep theirs."""
    if body.get("code") != code:
        raise Invalid("code 须与地址一致", field="code")
    async with uow:
        kind = await store.publish(uow.session, body, caller.subject, clock.now())
        facts = {"version": str(kind.version)}
        await uow.audit.note(caller.subject, "case_kind.publish", code, clock.now(), facts)
        await uow.commit()
    return _out(kind)
