"""Routes of guides and flow charts, open to everyone."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from lib_service.web import ReadSession
from lib_web import AnyCaller, etag_of, matches, problems
from svc_catalog.guide.page import guide_page
from svc_catalog.guide.picture import flow_chart
from svc_catalog.item.domain import NoSuchItem
from svc_catalog.item.store import item_page, page_of

router = APIRouter(prefix="/v1/items", tags=["事项"])

Code = Annotated[str, Path(max_length=40)]


class Html(Response):
    """A page."""

    media_type = "text/html; charset=utf-8"


class Svg(Response):
    """A picture."""

    media_type = "image/svg+xml"


@router.get("/{code}/guide", response_class=Html, responses=problems(NoSuchItem))
async def get_item_guide(code: Code, request: Request, caller: AnyCaller, session: ReadSession) -> Response:
    """Return the guide as a page, readable on a phone and printable (办事指南)."""
    item = await page_of(session, code)
    return _tagged(request, Html(guide_page(item, flow_chart(item["name"], item["flow"]))))


@router.get("/{code}/flow-chart", response_class=Svg, responses=problems(NoSuchItem))
async def get_item_flow_chart(
    code: Code, request: Request, caller: AnyCaller, session: ReadSession
) -> Response:
    """Return the flow chart as SVG (办理流程图)."""
    _, record = await item_page(session, code)
    return _tagged(request, Svg(flow_chart(record["name"], record["flow"])))


def _tagged(request: Request, answer: Response) -> Response:
    tag = etag_of(bytes(answer.body))
    if matches(request.headers.get("if-none-match"), tag):
        answer = Response(status_code=304)
    answer.headers["etag"], answer.headers["cache-control"] = tag, "max-age=30"
    return answer
