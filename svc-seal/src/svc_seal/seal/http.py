"""Routes of seals, for seal keepers."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from lib_kernel import IllegalMove
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_web import Caller, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_seal.seal import commands, store
from svc_seal.seal.commands import Making
from svc_seal.seal.domain import (
    FourEyes,
    NoSuchSeal,
    PictureImpossible,
    ReplacementImpossible,
    Seal,
    SealExists,
    Status,
)
from svc_seal.seal.drawing import Drawing
from svc_seal.seal.picture import draw
from svc_seal.seal.ports import UnitOfWork
from svc_seal.seal.schemas import Because, RevocationIn, SealCreate, SealOut, SealPicture

router = APIRouter(prefix="/v1", tags=["电子印章"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Keeper = Annotated[Caller, requires("seal_keeper")]
Code = Annotated[str, Path(max_length=40)]
Maker = Annotated[Making, component(Making)]
Format = Annotated[str, Query(alias="format", pattern="^(png|svg)$", description="png 或 svg（矢量）")]
CHANGE = problems(NoSuchSeal, IllegalMove)


@router.post(
    "/seals",
    status_code=201,
    responses=problems(SealExists, PictureImpossible, ReplacementImpossible, NoSuchSeal),
)
async def create_seal(
    body: SealCreate, caller: Keeper, uow: Annotated[UnitOfWork, recorded(SealOut)], clock: ClockDep
) -> SealOut:
    """Apply for a seal (申请刻制)."""
    users = tuple((user.user, user.purpose) for user in body.users)
    command = commands.Apply(
        body.code, body.name, body.department, body.kind, caller.subject, body.line, body.replaces, users
    )
    return SealOut.model_validate(await commands.apply(command, uow=uow, clock=clock))


@router.post("/seal-previews", response_class=Response, responses=problems(PictureImpossible))
async def preview_seal(body: SealPicture, caller: Keeper, wanted: Format = "png") -> Response:
    """Draw a seal that does not exist yet (印模预览)."""
    return await _picture(draw(body.kind, body.name, body.code, body.line), wanted)


@router.get("/seals")
async def list_seals(
    caller: Keeper,
    session: ReadSession,
    status: Status | None = None,
    department: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[SealOut]:
    """List seals by code."""
    position = read_cursor(cursor, str)
    after = position[0] if position else None
    rows = await store.page(session, after=after, limit=limit + 1, status=status, department=department)
    more = write_cursor(rows[limit - 1].code) if len(rows) > limit else None
    return Page(items=[SealOut.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/seals/{code}", responses=problems(NoSuchSeal))
async def get_seal(code: Code, caller: Keeper, session: ReadSession) -> SealOut:
    """Return one seal."""
    return SealOut.model_validate(await store.one(session, code))


@router.get("/seals/{code}/picture", response_class=Response, responses=problems(NoSuchSeal))
async def get_picture(code: Code, caller: Keeper, session: ReadSession, wanted: Format = "png") -> Response:
    """Return the seal's picture as PNG or SVG (印模)."""
    seal = await store.one(session, code)
    return await _picture(draw(seal.kind, seal.name, seal.code, seal.line), wanted)


@router.get("/seals/{code}/file", response_class=Response, responses=problems(NoSuchSeal))
async def get_file(code: Code, caller: Keeper, session: ReadSession) -> Response:
    """Return the seal's structure (SESeal) in DER, as it stands in sealed files as Seal.esl."""
    seal = await store.one(session, code)
    return Response(seal.made, media_type="application/octet-stream")


async def _picture(drawing: Drawing, wanted: str) -> Response:
    if wanted == "svg":
        return Response(drawing.svg(), media_type="image/svg+xml")
    return Response(await asyncio.to_thread(drawing.png), media_type="image/png")


@router.post("/seals/{code}/approval", responses=CHANGE | problems(FourEyes))
async def approve(code: Code, caller: Keeper, uow: Uow, making: Maker, clock: ClockDep) -> SealOut:
    """Approve a seal, as another person than its applicant (审批制章)."""
    seal = await commands.approve(code, caller.subject, uow=uow, making=making, clock=clock)
    return SealOut.model_validate(seal)


@router.post("/seals/{code}/refusal", responses=CHANGE | problems(FourEyes))
async def refuse(code: Code, body: Because, caller: Keeper, uow: Uow, clock: ClockDep) -> SealOut:
    """Turn an application down, as another person than its applicant (不予批准)."""
    seal = await commands.refuse(code, caller.subject, body.reason, uow=uow, clock=clock)
    return SealOut.model_validate(seal)


@router.post("/seals/{code}/freeze", responses=CHANGE)
async def freeze(
    code: Code, caller: Keeper, uow: Uow, clock: ClockDep, body: Because | None = None
) -> SealOut:
    """Forbid a seal's use for a time (冻结)."""
    return _out(await commands.freeze(code, caller.subject, _reason(body), uow=uow, clock=clock))


@router.post("/seals/{code}/unfreeze", responses=CHANGE)
async def unfreeze(
    code: Code, caller: Keeper, uow: Uow, clock: ClockDep, body: Because | None = None
) -> SealOut:
    """Allow a seal's use again (解冻)."""
    return _out(await commands.unfreeze(code, caller.subject, _reason(body), uow=uow, clock=clock))


@router.post("/seals/{code}/revocation", responses=CHANGE)
async def revoke(
    code: Code, caller: Keeper, uow: Uow, making: Maker, clock: ClockDep, body: RevocationIn | None = None
) -> SealOut:
    """Withdraw a seal for good; its certificate goes into the revocation list (注销)."""
    wanted = body or RevocationIn()
    command = commands.Revoke(code, caller.subject, wanted.reason, wanted.note)
    return _out(await commands.revoke(command, uow=uow, making=making, clock=clock))


def _reason(body: Because | None) -> str:
    return body.reason if body else ""


def _out(seal: Seal) -> SealOut:
    return SealOut.model_validate(seal)
