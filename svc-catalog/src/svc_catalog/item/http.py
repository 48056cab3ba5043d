"""Routes of items, open to everyone."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from lib_service.web import ReadSession
from lib_web import AnyCaller, Cursor, Limit, Page, problems, read_cursor, tagged, write_cursor
from svc_catalog.item import store
from svc_catalog.item.domain import NoSuchItem
from svc_catalog.item.schemas import ItemBrief, ItemOut, Suggestions
from svc_catalog.place.store import one_point

router = APIRouter(prefix="/v1/items", tags=["事项"])

Filter = Annotated[str | None, Query(max_length=40)]
Words = Annotated[str | None, Query(max_length=100, description="名称、关键词、拼音或拼音首字母")]


@router.get("", response_model=Page[ItemBrief])
async def list_items(
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    q: Words = None,
    department: Filter = None,
    kind: Filter = None,
    audience: Filter = None,
    channel: Filter = None,
    service_point: Filter = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Search items (事项) by words, pinyin or initials; without words list them, frequent ones first."""
    groups = None
    if service_point is not None:
        groups = [group["code"] for group in (await one_point(session, service_point))["groups"]]
    wanted = store.ItemFilter(q, department, kind, audience, channel, groups)
    found = await store.search(session, wanted, after=read_cursor(cursor, int, str), limit=limit + 1)
    more = write_cursor(found[limit - 1].rank, found[limit - 1].code) if len(found) > limit else None
    items = [ItemBrief.model_validate(row.data) for row in found[:limit]]
    return tagged(request, Page(items=items, next=more), max_age=30)


@router.get("/suggestions", response_model=Suggestions)
async def suggest(
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    q: Annotated[str, Query(min_length=1, max_length=50)],
) -> Response:
    """Suggest item names while the person types."""
    return tagged(request, Suggestions(items=list(await store.suggestions(session, q, 8))), max_age=30)


@router.get("/{code}", response_model=ItemOut, responses=problems(NoSuchItem))
async def get_item(
    code: Annotated[str, Path(max_length=40)], request: Request, caller: AnyCaller, session: ReadSession
) -> Response:
    """Return one item with its materials, days and form (办事指南)."""
    version, data = await store.one_item(session, code)
    return tagged(request, ItemOut.model_validate({**data, "version": version}), max_age=30)
