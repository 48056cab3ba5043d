"""Where a seal goes: by coordinates, at a keyword, or across the edges of all pages (骑缝章)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lib_ofd._keywords import Hit, find_keyword
from lib_ofd._package import NotOfd
from lib_ofd._structure import Body, Page, pages

NARROWEST_STRIP = 1.0
# Boxes are often given in whole points or inches: a rounding may stand out this far, in millimetres.
ROUNDING = 0.5


class NoSuchPlace(NotOfd):
    """The document has no such page or keyword, or the seal would stand outside the page."""


@dataclass(frozen=True)
class Clip:
    """The part of a seal that shows, in millimetres from the seal's upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Place:
    """Where a seal stands: page by its ID (empty: the first one), box in millimetres."""

    x: float
    y: float
    width: float
    height: float
    page: str = "2"
    clip: Clip | None = None


@dataclass(frozen=True)
class AtKeyword:
    """Centre the seal on a keyword, but within the page.

    `occurrence` counts from 1, -1 is the last one, 0 means every one.
    """

    keyword: str
    width: float
    height: float
    occurrence: int = -1
    shift_x: float = 0.0
    shift_y: float = 0.0


@dataclass(frozen=True)
class AcrossPages:
    """A riding seal: each page shows its strip at the right edge. `y` is the top; None centres it."""

    width: float
    height: float
    y: float | None = None


Where = Place | AtKeyword | AcrossPages


def places(files: Mapping[str, bytes], body: Body, where: Where) -> list[Place]:
    """Return the boxes of a seal in a document. Raises NoSuchPlace, NotOfd."""
    if isinstance(where, AtKeyword):
        return _at_keyword(files, body, where)
    known = pages(files, body)
    if isinstance(where, Place):
        page = next((page for page in known if where.page in {"", page.page_id}), None)
        if page is None:
            raise NoSuchPlace("文档中没有指定的页")
        _check_on_page(where, page)
        return [replace(where, page=page.page_id)]
    if len(known) < 2:
        raise NoSuchPlace("骑缝章至少需要两页")
    strip = where.width / len(known)
    if strip < NARROWEST_STRIP:
        raise NoSuchPlace("页数过多，骑缝章每页宽度不足 1 毫米，请分册加盖")
    if where.y is not None:
        for page in known:
            _check_on_page(Place(page.width - strip, where.y, strip, where.height), page)
    return [
        Place(
            page.width - strip * (index + 1),
            (page.height - where.height) / 2 if where.y is None else where.y,
            where.width,
            where.height,
            page.page_id,
            Clip(strip * index, 0, strip, where.height),
        )
        for index, page in enumerate(known)
    ]


def _check_on_page(place: Place, page: Page) -> None:
    """A seal that nobody sees would be a signature without a seal."""
    inside = (
        place.x >= -ROUNDING
        and place.y >= -ROUNDING
        and place.x + place.width <= page.width + ROUNDING
        and place.y + place.height <= page.height + ROUNDING
    )
    if not inside:
        size = f"{page.width:g} × {page.height:g}"
        raise NoSuchPlace(f"印章（{place.width:g} × {place.height:g} 毫米）超出页面（{size} 毫米）")


def _at_keyword(files: Mapping[str, bytes], body: Body, where: AtKeyword) -> list[Place]:
    hits = find_keyword(files, body, where.keyword)
    if where.occurrence:
        index = where.occurrence - 1 if where.occurrence > 0 else len(hits) + where.occurrence
        hits = hits[index : index + 1] if index >= 0 else []
    if not hits:
        raise NoSuchPlace("文档中没有找到指定的关键字")
    sizes = {page.page_id: page for page in pages(files, body)}
    return [_centred(hit, where, sizes[hit.page]) for hit in hits]


def _centred(hit: Hit, where: AtKeyword, page: Page) -> Place:
    x = hit.x - where.width / 2 + where.shift_x
    y = hit.y - where.height / 2 + where.shift_y
    place = Place(
        max(0.0, min(x, page.width - where.width)),
        max(0.0, min(y, page.height - where.height)),
        where.width,
        where.height,
        hit.page,
    )
    _check_on_page(place, page)
    return place
