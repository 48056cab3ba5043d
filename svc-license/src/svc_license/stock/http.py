"""Routes of imports."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from lib_files import FileStore, FileTooLarge
from lib_kernel import IllegalMove, Invalid
from lib_service.web import ClockDep, ReadSession, component, recorded, unit_of_work
from lib_sheets import XLSX_MEDIA_TYPE, Sheet, write_workbook
from lib_web import FILE_BODY, Caller, problems, requires
from svc_license.kind import store as kinds
from svc_license.kind.domain import NoSuchKind
from svc_license.stock import commands, store
from svc_license.stock.domain import (
    KEEPER,
    LARGEST_PART,
    MOST_PARTS,
    REQUIRED,
    VALID_UNTIL,
    ImportClosed,
    NoSuchImport,
    SecondPersonNeeded,
)
from svc_license.stock.ports import UnitOfWork
from svc_license.stock.schemas import Columns, ImportCreate, ImportList, ImportOut, Submission

router = APIRouter(prefix="/v1", tags=["存量证照导入"])

Officer = Annotated[Caller, requires("officer")]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Kept = Annotated[FileStore, component(FileStore)]


@router.post("/license-imports", status_code=201, responses=problems(NoSuchKind))
async def create_import(
    body: ImportCreate,
    caller: Officer,
    uow: Annotated[UnitOfWork, recorded(ImportOut)],
    clock: ClockDep,
) -> ImportOut:
    """Begin to take over old licences of a kind; the file follows in parts (存量导入)."""
    job = await commands.open_import(
        body.type_code, body.file_name, caller.subject, uow=uow, clock=clock, may=caller.check_org
    )
    return ImportOut.model_validate(job)


@router.get("/license-imports/columns/{type_code}", responses=problems(NoSuchKind))
async def get_import_columns(type_code: str, caller: Officer, session: ReadSession) -> Columns:
    """Return the headings that a spreadsheet of a kind should have."""
    kind = await kinds.one(session, type_code)
    needed = [kind.titles[name] for name in kind.schema.get("required", ())]
    others = [title for title in kind.titles.values() if title not in needed]
    return Columns(required=[*REQUIRED, *needed], optional=[VALID_UNTIL, KEEPER, *others])


@router.put(
    "/license-imports/{job_id}/parts/{number}",
    status_code=204,
    responses=problems(NoSuchImport, ImportClosed, FileTooLarge, Invalid),
    openapi_extra=FILE_BODY,
)
async def put_part(
    job_id: UUID,
    number: Annotated[int, Path(ge=1, le=MOST_PARTS)],
    request: Request,
    caller: Officer,
    session: ReadSession,
    files: Kept,
) -> None:
    """Keep one part of the file, at most 900,000 bytes; sent again, it takes the place of the first."""
    job = await store.one(session, job_id)
    caller.check_org(job.department)
    data = await request.body()
    if len(data) > LARGEST_PART:
        raise FileTooLarge(f"每个分片最大 {LARGEST_PART} 字节", field="body")
    await files.put(job.part_path(number), data)


@router.post("/license-imports/{job_id}/submission", responses=problems(NoSuchImport, IllegalMove))
async def submit_import(
    job_id: UUID, body: Submission, caller: Officer, uow: Uow, clock: ClockDep
) -> ImportOut:
    """Say that the file is complete; a second person approves it."""
    job = await commands.submit(
        job_id, body.parts, body.digest, caller.subject, uow=uow, clock=clock, may=caller.check_org
    )
    return ImportOut.model_validate(job)


@router.post(
    "/license-imports/{job_id}/approval", responses=problems(NoSuchImport, IllegalMove, SecondPersonNeeded)
)
async def approve_import(job_id: UUID, caller: Officer, uow: Uow, clock: ClockDep) -> ImportOut:
    """Let an import run that another person uploaded (复核)."""
    job = await commands.approve(job_id, caller.subject, uow=uow, clock=clock, may=caller.check_org)
    return ImportOut.model_validate(job)


@router.post("/license-imports/{job_id}/rejection", responses=problems(NoSuchImport, IllegalMove))
async def reject_import(job_id: UUID, caller: Officer, uow: Uow, clock: ClockDep) -> ImportOut:
    """Drop an import that does not run yet."""
    job = await commands.reject(job_id, caller.subject, uow=uow, clock=clock, may=caller.check_org)
    return ImportOut.model_validate(job)


@router.get("/license-imports")
async def list_imports(caller: Officer, session: ReadSession) -> ImportList:
    """List the imports of the caller's departments."""
    orgs = None if "admin" in caller.roles else sorted(caller.orgs)
    rows = await store.of_departments(session, orgs)
    return ImportList(items=[ImportOut.model_validate(row) for row in rows])


@router.get("/license-imports/{job_id}", responses=problems(NoSuchImport))
async def get_import(job_id: UUID, caller: Officer, session: ReadSession) -> ImportOut:
    """Return an import and how far it is."""
    job = await store.one(session, job_id)
    caller.check_org(job.department)
    return ImportOut.model_validate(job)


@router.get("/license-imports/{job_id}/errors", response_class=Response, responses=problems(NoSuchImport))
async def get_import_errors(job_id: UUID, caller: Officer, session: ReadSession) -> Response:
    """Return the rows that were not taken over, with the reasons, as xlsx."""
    job = await store.one(session, job_id)
    caller.check_org(job.department)
    rows = await store.errors_of(session, job.id)
    headers = {"content-disposition": f'attachment; filename="import-errors-{job.id}.xlsx"'}
    book = write_workbook([Sheet("未导入的行", ["行号", "原因"], rows)])
    return Response(book, media_type=XLSX_MEDIA_TYPE, headers=headers)
