"""Routes of area verification orders."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from lib_gm import FieldCipher
from lib_kernel import NotAllowed, mask_id, mask_phone
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_sheets import XLSX_MEDIA_TYPE, Sheet, write_workbook
from lib_web import FILE_BODY, Caller, Limit, Page, problems, read_cursor, requires, write_cursor
from lib_web import Cursor as CursorParameter
from svc_complaint.area import commands, store
from svc_complaint.area.commands import Office, ReadPersons, context
from svc_complaint.area.domain import RESULTS, BatchKnown, NoSuchBatch, RowsLeft, SheetInvalid, State
from svc_complaint.exchange import store as exchange
from svc_complaint.settings import Settings

router = APIRouter(prefix="/v1/area-batches", tags=["区域协查"])

Cipher = Annotated[FieldCipher, component(FieldCipher)]
SettingsDep = Annotated[Settings, component(Settings)]
Lead = Annotated[Caller, requires("dispatcher")]
Either = Annotated[Caller, requires("dispatcher", "case_handler")]
TOPIC = "area-results"


class BatchOut(BaseModel):
    """A batch that was taken in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    case_id: UUID
    order_number: str
    total: int


class DivisionCount(BaseModel):
    """How many persons of a division are in a state; no division: to be completed."""

    division: str
    state: State
    count: int


class BatchDetail(BatchOut):
    """A batch with where its persons are; `messages` are the parts reported up, sent and waiting."""

    counts: list[DivisionCount]
    messages: dict[str, int]


class PersonOut(BaseModel):
    """A person of a batch; the ID number is never whole, the phone only in the county's sheet."""

    row: int
    name: str
    id_number: str
    phone: str
    address: str
    division: str
    state: State
    result: str | None
    note: str


class Changed(BaseModel):
    """How many rows changed, and how many are left to do."""

    changed: int
    left: int


async def _sheet(request: Request) -> AsyncGenerator[Path]:
    """Yield the request's body as a file; it goes to disk part by part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        file = await asyncio.to_thread(path.open, "wb")
        try:
            async for chunk in request.stream():
                await asyncio.to_thread(file.write, chunk)
        finally:
            file.close()
        yield path


SheetDep = Annotated[Path, Depends(_sheet)]


@router.post("", status_code=201, responses=problems(SheetInvalid, BatchKnown), openapi_extra=FILE_BODY)
async def receive_area_batch(
    path: SheetDep,
    order_number: Annotated[str, Query(min_length=1, max_length=60)],
    caller: Lead,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
    sender: Annotated[str, Query(max_length=100)] = "",
) -> BatchOut:
    """Take an order's persons in: xlsx or CSV with 姓名, 证件号码, 联系电话, 地址, 区划."""
    office = Office(uow, cipher, clock, caller.subject)
    return BatchOut.model_validate(await commands.receive(path, order_number, sender, caller.scopes, office))


@router.get("/{batch_id}", responses=problems(NoSuchBatch))
async def get_area_batch(batch_id: UUID, caller: Either, session: ReadSession) -> BatchDetail:
    """Return a batch with how many persons are where."""
    batch = await store.one(session, batch_id)
    counts = [
        DivisionCount(division=division, state=state, count=count)
        for division, state, count in await store.counts(session, batch_id)
        if _sees(caller, division)
    ]
    messages = await exchange.states(session, TOPIC, f"{batch.order_number}:")
    return BatchDetail(**BatchOut.model_validate(batch).model_dump(), counts=counts, messages=messages)


@router.get("/{batch_id}/persons", responses=problems(NoSuchBatch, NotAllowed))
async def list_area_persons(
    batch_id: UUID,
    caller: Either,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
    division: Annotated[str | None, Query(max_length=12)] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
) -> Page[PersonOut]:
    """List persons of a batch; a county sees its own."""
    _check_division(caller, division)
    (after,) = read_cursor(cursor, int) or (0,)
    command = ReadPersons(batch_id, division, after, limit)
    rows = await commands.read_persons(command, "read", Office(uow, cipher, clock, caller.subject))
    items = [_person(row, cipher, masked=True) for row in rows[:limit]]
    return Page(items=items, next=write_cursor(rows[limit - 1].row) if len(rows) > limit else None)


@router.get("/{batch_id}/sheet", responses=problems(NoSuchBatch, NotAllowed))
async def area_sheet(
    batch_id: UUID,
    caller: Either,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
    division: Annotated[str, Query(max_length=12)],
) -> Response:
    """Return a county's persons as xlsx to work with and send back; each download is in the audit trail."""
    _check_division(caller, division)
    office = Office(uow, cipher, clock, caller.subject)
    rows = await commands.read_persons(ReadPersons(batch_id, division), "download", office)
    cells = [_cells(_person(row, cipher, masked=False)) for row in rows]
    headings = ["序号", "姓名", "证件号码", "联系电话", "地址", "核查结果", "备注"]
    book = await asyncio.to_thread(write_workbook, [Sheet("协查名单", headings, cells)])
    return Response(book, media_type=XLSX_MEDIA_TYPE)


@router.post("/{batch_id}/completion", responses=problems(NoSuchBatch, SheetInvalid), openapi_extra=FILE_BODY)
async def complete_area_batch(
    batch_id: UUID,
    path: SheetDep,
    caller: Lead,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
) -> Changed:
    """Fill in divisions from a sheet with 序号 and 区划 (补全)."""
    changed = await commands.complete(batch_id, path, Office(uow, cipher, clock, caller.subject))
    return Changed(changed=changed, left=0)


@router.post("/{batch_id}/split", responses=problems(NoSuchBatch, RowsLeft))
async def split_area_batch(
    batch_id: UUID, caller: Lead, uow: Annotated[Any, Depends(unit_of_work)], cipher: Cipher, clock: ClockDep
) -> dict[str, list[str]]:
    """Give every person to a county (分派)."""
    divisions = await commands.split(batch_id, Office(uow, cipher, clock, caller.subject))
    return {"divisions": divisions}


@router.post(
    "/{batch_id}/results", responses=problems(NoSuchBatch, SheetInvalid, NotAllowed), openapi_extra=FILE_BODY
)
async def give_back_area_results(
    batch_id: UUID,
    path: SheetDep,
    division: Annotated[str, Query(max_length=12)],
    caller: Either,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
) -> Changed:
    """Send a county's results back: the sheet with 序号, 核查结果 and 备注 filled in."""
    _check_division(caller, division)
    office = Office(uow, cipher, clock, caller.subject)
    changed, left = await commands.give_back(batch_id, division, path, office)
    return Changed(changed=changed, left=left)


@router.post("/{batch_id}/report", responses=problems(NoSuchBatch, RowsLeft))
async def report_area_batch(
    batch_id: UUID,
    caller: Lead,
    uow: Annotated[Any, Depends(unit_of_work)],
    cipher: Cipher,
    clock: ClockDep,
    settings: SettingsDep,
) -> Changed:
    """Report all results up (上报)."""
    changed = await commands.report(batch_id, Office(uow, cipher, clock, caller.subject), TOPIC)
    return Changed(changed=changed, left=0)


def _sees(caller: Caller, division: str) -> bool:
    return bool({"dispatcher", "admin"} & caller.roles) or division in caller.orgs


def _check_division(caller: Caller, division: str | None) -> None:
    if not _sees(caller, division or ""):
        raise NotAllowed("您没有该区划的权限", division=division)


def _cells(p: PersonOut) -> list[str | int]:
    return [p.row, p.name, p.id_number, p.phone, p.address, RESULTS.get(p.result or "", ""), p.note]


def _person(row: Any, cipher: FieldCipher, *, masked: bool) -> PersonOut:
    def open_(column: str) -> str:
        value = getattr(row, column)
        return cipher.decrypt(value, context=context(column)) if value else ""

    return PersonOut(
        row=row.row,
        name=open_("name"),
        id_number=mask_id(open_("id_number")),
        phone=mask_phone(open_("phone")) if masked else open_("phone"),
        address=open_("address"),
        division=row.division,
        state=row.state,
        result=row.result,
        note=open_("note"),
    )
