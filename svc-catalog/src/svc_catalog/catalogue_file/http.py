"""Routes of the catalogue as a file, for those who write items."""

import asyncio
from collections import Counter
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from lib_kernel import CITY_ZONE
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_sheets import XLSX_MEDIA_TYPE
from lib_web import Caller, problems, requires
from svc_catalog.catalogue_file.domain import COLUMN_OF, FileUnreadable, RowError
from svc_catalog.catalogue_file.schemas import ImportOut, RowErrorOut
from svc_catalog.catalogue_file.workbook import Numbered, as_json, as_workbook, read_catalogue
from svc_catalog.item.store import all_items
from svc_catalog.item_draft.commands import import_items
from svc_catalog.item_draft.domain import Outcome
from svc_catalog.item_draft.ports import UnitOfWork

router = APIRouter(prefix="/v1", tags=["事项编制与审核"])

Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Editor = Annotated[Caller, requires("item_editor")]
Either = Annotated[Caller, requires("item_editor", "item_reviewer")]
FILE = {
    "requestBody": {
        "required": True,
        "content": {
            XLSX_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {}},
        },
    }
}


@router.get("/catalogue-export", response_class=Response)
async def export_catalogue(
    caller: Either,
    session: ReadSession,
    clock: ClockDep,
    form: Annotated[Literal["xlsx", "json"], Query(alias="format")] = "xlsx",
) -> Response:
    """Return the whole catalogue as a file that can be imported again (导出)."""
    rows = await all_items(session)
    records, now = [row.data for row in rows], clock.now().astimezone(CITY_ZONE)
    if form == "json":
        content = await asyncio.to_thread(as_json, records, [row.version for row in rows], now)
    else:
        content = await asyncio.to_thread(as_workbook, records)
    name = f"catalogue-{now:%Y%m%d}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    media_type = "application/json" if form == "json" else XLSX_MEDIA_TYPE
    return Response(content, media_type=media_type, headers=headers)


@router.post("/catalogue-imports", openapi_extra=FILE, responses=problems(FileUnreadable))
async def import_catalogue(
    request: Request,
    caller: Editor,
    uow: Uow,
    clock: ClockDep,
    check: Annotated[bool, Query(description="只校验，不写入")] = False,
) -> ImportOut:
    """Hand in new and changed items for review, from xlsx, CSV or JSON (导入). It may be repeated."""
    content = await request.body()
    records, unreadable = await asyncio.to_thread(read_catalogue, content)
    outcomes = await import_items(
        [record for _, record in records],
        caller.subject,
        caller.check_org,
        check_only=check,
        uow=uow,
        clock=clock,
    )
    return _summary(check, records, unreadable, outcomes)


def _summary(
    check: bool, records: Numbered, unreadable: list[RowError], outcomes: list[Outcome]
) -> ImportOut:
    counts = Counter(outcome.result for outcome in outcomes)
    errors = [RowErrorOut(row=e.row, column=e.column, code="", message=e.message) for e in unreadable]
    for (number, _), outcome in zip(records, outcomes, strict=True):
        for error in outcome.errors:
            place, _, rest = error["field"].partition(".")
            message = f"{error['message']}（{rest}）" if rest else error["message"]
            column = COLUMN_OF.get(place, place)
            errors.append(RowErrorOut(row=number, column=column, code=outcome.code, message=message))
    return ImportOut(
        check=check,
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        waiting=counts["waiting"],
        failed=counts["failed"] + len({error.row for error in unreadable}),
        errors=sorted(errors, key=lambda error: error.row),
        drafts=[
            outcome.draft_id
            for outcome in outcomes
            if not check and outcome.draft_id is not None and outcome.result in {"new", "changed"}
        ],
    )
