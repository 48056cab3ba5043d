"""Routes of a hall's rules."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from lib_kernel import NotAllowed
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_web import Caller, problems, requires
from svc_booking.hall_policy import store
from svc_booking.hall_policy.commands import PutPolicy, put_policy
from svc_booking.hall_policy.domain import PolicyContradicts
from svc_booking.hall_policy.ports import UnitOfWork
from svc_booking.hall_policy.schemas import HallPolicyBody
from svc_booking.slot.domain import NoSuchPoint

router = APIRouter(prefix="/v1/service-points", tags=["大厅规则"])

Code = Annotated[str, Path(max_length=40)]
Staff = Annotated[Caller, requires("clerk", "hall_manager")]
Manager = Annotated[Caller, requires("hall_manager")]


@router.get("/{code}/hall-policy", responses=problems(NotAllowed))
async def get_hall_policy(code: Code, caller: Staff, session: ReadSession) -> HallPolicyBody:
    """Return the rules of a hall's day: check-in window, late ones, skips (大厅规则)."""
    caller.check_point(code)
    return HallPolicyBody.of(await store.policy_of(session, code))


@router.put("/{code}/hall-policy", responses=problems(NoSuchPoint, NotAllowed, PolicyContradicts))
async def put_hall_policy(
    code: Code,
    body: HallPolicyBody,
    caller: Manager,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    clock: ClockDep,
) -> HallPolicyBody:
    """Give a hall rules of its own (修改大厅规则)."""
    caller.check_point(code)
    command = PutPolicy(code, body.policy(), caller.subject)
    return HallPolicyBody.of(await put_policy(command, uow=uow, clock=clock))
