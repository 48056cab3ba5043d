"""Routes of grants, for seal keepers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from lib_service.web import ClockDep, ReadSession, recorded, unit_of_work
from lib_web import Caller, Cursor, Limit, Page, problems, read_cursor, requires, write_cursor
from svc_seal.grant import commands, store
from svc_seal.grant.domain import Grant, GrantEnded, NoSuchGrant, UnknownSeal
from svc_seal.grant.ports import UnitOfWork
from svc_seal.grant.schemas import GrantCreate, GrantOut

router = APIRouter(prefix="/v1/seals/{code}/grants", tags=["用章授权"])

Keeper = Annotated[Caller, requires("seal_keeper")]
Code = Annotated[str, Path(max_length=40)]


@router.post("", status_code=201, responses=problems(UnknownSeal))
async def create_grant(
    code: Code,
    body: GrantCreate,
    caller: Keeper,
    uow: Annotated[UnitOfWork, recorded(GrantOut)],
    clock: ClockDep,
) -> GrantOut:
    """Let a user use a seal for a purpose (用章授权)."""
    grant = Grant.of(code, body.user, body.purpose, caller.subject, clock.now(), body.valid_until)
    return GrantOut.model_validate(await commands.give(grant, uow=uow))


@router.get("")
async def list_grants(
    code: Code, caller: Keeper, session: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> Page[GrantOut]:
    """List the grants of a seal, also those taken back."""
    position = read_cursor(cursor, UUID)
    rows = await store.page(session, code, after=position[0] if position else None, limit=limit + 1)
    more = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[GrantOut.model_validate(row) for row in rows[:limit]], next=more)


@router.post("/{grant_id}/end", responses=problems(NoSuchGrant, GrantEnded))
async def end_grant(
    code: Code,
    grant_id: UUID,
    caller: Keeper,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    clock: ClockDep,
) -> GrantOut:
    """Take a grant back (收回授权)."""
    return GrantOut.model_validate(await commands.end(code, grant_id, caller.subject, uow=uow, clock=clock))
