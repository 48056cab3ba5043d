"""Routes of one item: its page, its versions, its standing."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lib_kernel import IllegalMove, NotAllowed
from lib_service.web import ClockDep, ReadSession, component, unit_of_work
from lib_web import AnyCaller, Caller, problems, requires, tagged, tagged_body
from svc_catalog.element.difference import differences
from svc_catalog.element.domain import ELEMENTS, Element
from svc_catalog.item import commands, store
from svc_catalog.item.commands import ChangeState
from svc_catalog.item.domain import NoSuchItem, NoSuchVersion
from svc_catalog.item.pages import ItemPages
from svc_catalog.item.ports import UnitOfWork
from svc_catalog.item.schemas import (
    ChangeOut,
    Differences,
    ElementList,
    ElementOut,
    ItemOut,
    Reason,
    StandingOut,
    VersionContent,
    VersionList,
    VersionOut,
)

router = APIRouter(prefix="/v1/items", tags=["事项"])

LARGEST_VERSION = 1_000_000
Code = Annotated[str, Path(max_length=40)]
Uow = Annotated[UnitOfWork, Depends(unit_of_work)]
Pages = Annotated[ItemPages, component(ItemPages)]
Reviewer = Annotated[Caller, requires("item_reviewer")]
Staff = Annotated[Caller, requires("item_editor", "item_reviewer")]
STEP = problems(NoSuchItem, IllegalMove, NotAllowed)


@router.get("/elements", response_model=ElementList)
async def list_item_elements(request: Request, caller: AnyCaller) -> Response:
    """List the elements an item is made of, with their code lists (实施清单要素与代码表)."""
    return tagged(request, ElementList(items=[_element(element) for element in ELEMENTS]), max_age=300)


def _element(element: Element) -> ElementOut:
    return ElementOut(
        name=element.name,
        label=element.label,
        kind=element.kind.value,
        required=element.required,
        section=element.section or None,
        exchange=element.exchange or None,
        choices=dict(element.choices),
        parts=[_element(part) for part in element.parts],
    )


@router.get("/{code}", response_model=ItemOut, responses=problems(NoSuchItem))
async def get_item(code: Code, request: Request, caller: AnyCaller, pages: Pages) -> Response:
    """Return one item with everything its page shows (办事指南), also while it is suspended."""
    page = await pages.get(code)
    return tagged_body(request, page.body, page.tag, max_age=30)


@router.get("/{code}/versions", responses=problems(NoSuchItem))
async def list_item_versions(code: Code, caller: Staff, session: ReadSession) -> VersionList:
    """List an item's versions, the newest first (版本历史)."""
    rows = await store.versions(session, code)
    return VersionList(items=[VersionOut.model_validate(row) for row in rows])


@router.get("/{code}/versions/{version}", responses=problems(NoSuchVersion))
async def get_item_version(
    code: Code, version: Annotated[int, Path(ge=1, le=LARGEST_VERSION)], caller: Staff, session: ReadSession
) -> VersionContent:
    """Return a version as it was published."""
    return VersionContent(code=code, version=version, data=await store.one_version(session, code, version))


@router.get("/{code}/diff", responses=problems(NoSuchVersion))
async def get_item_diff(
    code: Code,
    caller: Staff,
    session: ReadSession,
    old: Annotated[int, Query(alias="from", ge=1, le=LARGEST_VERSION)],
    new: Annotated[int, Query(alias="to", ge=1, le=LARGEST_VERSION)],
) -> Differences:
    """Compare two versions element by element (版本对比)."""
    before = await store.one_version(session, code, old)
    after = await store.one_version(session, code, new)
    return Differences(items=[ChangeOut.model_validate(found) for found in differences(before, after)])


@router.post("/{code}/suspension", responses=STEP)
async def suspend_item(code: Code, body: Reason, caller: Reviewer, uow: Uow, clock: ClockDep) -> StandingOut:
    """Do not offer it for the time being (暂停); running applications go on."""
    command = ChangeState(code, caller.subject, _any_department, body.reason)
    return StandingOut.model_validate(await commands.suspend(command, uow=uow, clock=clock))


@router.post("/{code}/resumption", responses=STEP)
async def resume_item(code: Code, caller: Reviewer, uow: Uow, clock: ClockDep) -> StandingOut:
    """Offer it again (恢复)."""
    command = ChangeState(code, caller.subject, _any_department)
    return StandingOut.model_validate(await commands.resume(command, uow=uow, clock=clock))


@router.post("/{code}/withdrawal", responses=STEP)
async def withdraw_item(code: Code, body: Reason, caller: Reviewer, uow: Uow, clock: ClockDep) -> StandingOut:
    """Give it up for good (取消)."""
    command = ChangeState(code, caller.subject, _any_department, body.reason)
    return StandingOut.model_validate(await commands.withdraw(command, uow=uow, clock=clock))


def _any_department(_department: str) -> None:
    """The city's reviewers look after the items of all departments."""
