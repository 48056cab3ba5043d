"""Routes that find items, open to everyone."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import Invalid
from lib_service.web import ClockDep, ReadSession, unit_of_work
from lib_web import (
    AnyCaller,
    Caller,
    Cursor,
    Limit,
    Page,
    problems,
    read_cursor,
    requires,
    tagged,
    write_cursor,
)
from svc_catalog.bundle.domain import NoSuchBundle
from svc_catalog.bundle.store import one_bundle
from svc_catalog.element.domain import BY_NAME
from svc_catalog.item.domain import offered_on
from svc_catalog.place.domain import NoSuchPlace
from svc_catalog.place.store import all_of, department, groups_in, one_point
from svc_catalog.search import commands, store
from svc_catalog.search.ports import UnitOfWork
from svc_catalog.search.schemas import (
    Facet,
    Facets,
    ItemBrief,
    Suggestions,
    SynonymIn,
    SynonymList,
    SynonymOut,
)

router = APIRouter(prefix="/v1/items", tags=["事项"])
synonym_router = APIRouter(prefix="/v1/synonyms", tags=["事项编制与审核"])

Reviewer = Annotated[Caller, requires("item_reviewer")]

Filter = Annotated[str | None, Query(max_length=40)]
Words = Annotated[str | None, Query(max_length=100, description="名称、关键词、口语、拼音或拼音首字母")]
Division = Annotated[str | None, Query(pattern=r"^\d{6,12}$", description="在该区划（含下级）可现场办理")]


async def wanted_items(
    session: ReadSession,
    caller: AnyCaller,
    q: Words = None,
    department: Filter = None,
    kind: Filter = None,
    audience: Filter = None,
    channel: Filter = None,
    service_point: Filter = None,
    division: Division = None,
    window_group: Filter = None,
    bundle: Annotated[str | None, Query(max_length=40, description="属于该一件事")] = None,
) -> store.ItemFilter:
    """Return what items are wanted."""
    groups = await _groups(session, service_point, division, window_group)
    codes = None
    if bundle is not None:
        codes = [member.item_code for member in (await one_bundle(session, bundle)).members]
    return store.ItemFilter(q, department, kind, audience, channel, groups, codes, offered_on(caller.channel))


async def _groups(
    session: AsyncSession, service_point: str | None, division: str | None, window_group: str | None
) -> list[str] | None:
    wanted: list[set[str]] = []
    if service_point is not None:
        wanted.append({group["code"] for group in (await one_point(session, service_point))["groups"]})
    if division is not None:
        wanted.append(await groups_in(session, division))
    if window_group is not None:
        wanted.append({window_group})
    return sorted(set.intersection(*wanted)) if wanted else None


Wanted = Annotated[store.ItemFilter, Depends(wanted_items)]
UNKNOWN = problems(NoSuchPlace, NoSuchBundle)


@router.get("", response_model=Page[ItemBrief], responses=UNKNOWN)
async def list_items(
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    wanted: Wanted,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Search items (事项) by words, pinyin or initials; without words list them, frequent ones first."""
    found = await store.search(session, wanted, after=read_cursor(cursor, int, str), limit=limit + 1)
    more = write_cursor(found[limit - 1].rank, found[limit - 1].code) if len(found) > limit else None
    items = [ItemBrief.model_validate(row.brief) for row in found[:limit]]
    return tagged(request, Page(items=items, next=more), max_age=30)


@router.get("/suggestions", response_model=Suggestions)
async def suggest(
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    q: Annotated[str, Query(min_length=1, max_length=50)],
) -> Response:
    """Suggest item names while the person types."""
    wanted = store.ItemFilter(query=q, offered=offered_on(caller.channel))
    return tagged(request, Suggestions(items=list(await store.suggestions(session, wanted, 8))), max_age=30)


@router.get("/facets", response_model=Facets, responses=UNKNOWN)
async def list_facets(request: Request, caller: AnyCaller, session: ReadSession, wanted: Wanted) -> Response:
    """Count what further filters would leave of a search (分面统计)."""
    counted = await store.facets(session, wanted)
    departments = {record["code"]: record["short_name"] for record in await all_of(session, department)}
    answer = {name: _shown(name, counts, departments) for name, counts in counted.items()}
    return tagged(request, Facets.model_validate(answer), max_age=30)


def _shown(name: str, counts: dict[str, int], departments: dict[str, str]) -> Sequence[Facet]:
    labels = departments if name == "department" else BY_NAME[name].choices
    return [
        Facet(value=value, label=labels.get(value, value), count=count) for value, count in counts.items()
    ]


@synonym_router.get("")
async def list_synonyms(caller: Reviewer, session: ReadSession) -> SynonymList:
    """List everyday expressions with what the catalogue calls them (口语词表)."""
    rows = await store.all_synonyms(session)
    return SynonymList(items=[SynonymOut.model_validate(row) for row in rows])


@synonym_router.put("/{word}", responses=problems(Invalid))
async def say_synonym(
    word: Annotated[str, Path(max_length=20)],
    body: SynonymIn,
    caller: Reviewer,
    uow: Annotated[UnitOfWork, Depends(unit_of_work)],
    clock: ClockDep,
) -> SynonymOut:
    """Say what an everyday expression means; without meanings it is not looked for any more."""
    plain = await commands.say_synonym(word, body.means, caller.subject, uow=uow, clock=clock)
    return SynonymOut(word=plain, means=body.means, edited_by=caller.subject)
