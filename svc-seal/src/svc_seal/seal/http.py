"""Routes of seals, for seal keepers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Caller, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_seal.seal import commands, store
from svc_seal.seal.domain import FourEyes, NoSuchSeal, Seal, SealExists
from svc_seal.seal.maker import AuthorityMaker
from svc_seal.seal.ports import UnitOfWork
from svc_seal.seal.schemas import SealCreate, SealOut

router = APIRouter(prefix="/v1/seals", tags=["电子印章"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Keeper = Annotated[Caller, requires("seal_keeper")]
Code = Annotated[str, Path(max_length=40)]
CHANGE = problems(NoSuchSeal, IllegalMove)


@router.post("", status_code=201, responses=problems(SealExists))
async def create_seal(
    body: SealCreate, caller: Keeper, uow: Annotated[UnitOfWork, recorded(SealOut)], clock: ClockDep
) -> SealOut:
    """Apply for a seal (申请刻制)."""
    command = commands.Apply(body.code, body.name, body.department, body.kind, caller.subject)
    return SealOut.model_validate(await commands.apply(command, uow=uow, clock=clock))


@router.get("")
async def list_seals(
    caller: Keeper, session: ReadSession, limit: Limit = 20, cursor: Cursor = None
) -> Page[SealOut]:
    """List seals by code."""
    position = read_cursor(cursor, str)
    rows = await store.page(session, after=position[0] if position else None, limit=limit + 1)
    more = write_cursor(rows[limit - 1].code) if len(rows) > limit else None
    return Page(items=[SealOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/{code}", responses=problems(NoSuchSeal))
async def get_seal(code: Code, caller: Keeper, session: ReadSession) -> SealOut:
    """Return one seal."""
    return SealOut.model_validate(await store.one(session, code))


@router.get("/{code}/picture", response_class=Response, responses=problems(NoSuchSeal))
async def get_picture(code: Code, caller: Keeper, session: ReadSession) -> Response:
    """Return the seal's picture as PNG (印模)."""
    return Response((await store.one(session, code)).picture, media_type="image/png")


@router.post("/{code}/approval", responses=CHANGE | problems(FourEyes))
async def approve(
    code: Code,
    caller: Keeper,
    uow: Uow,
    maker: Annotated[AuthorityMaker, component(AuthorityMaker)],
    clock: ClockDep,
) -> SealOut:
    """Approve a seal, as another person than its applicant (审批制章)."""
    return SealOut.model_validate(
        await commands.approve(code, caller.subject, uow=uow, maker=maker, clock=clock)
    )


@router.post("/{code}/freeze", responses=CHANGE)
async def freeze(code: Code, caller: Keeper, uow: Uow, clock: ClockDep) -> SealOut:
    """Forbid a seal's use for a time (冻结)."""
    return SealOut.model_validate(
        await commands.change(code, caller.subject, "seal.freeze", Seal.freeze, uow=uow, clock=clock)
    )


@router.post("/{code}/unfreeze", responses=CHANGE)
async def unfreeze(code: Code, caller: Keeper, uow: Uow, clock: ClockDep) -> SealOut:
    """Allow a seal's use again (解冻)."""
    return SealOut.model_validate(
        await commands.change(code, caller.subject, "seal.unfreeze", Seal.unfreeze, uow=uow, clock=clock)
    )


@router.post("/{code}/revocation", responses=CHANGE)
async def revoke(code: Code, caller: Keeper, uow: Uow, clock: ClockDep) -> SealOut:
    """Withdraw a seal for good (注销)."""
    return SealOut.model_validate(
        await commands.change(code, caller.subject, "seal.revoke", Seal.revoke, uow=uow, clock=clock)
    )
