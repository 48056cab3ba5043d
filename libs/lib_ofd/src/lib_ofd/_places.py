"""Where a seal goes: by coordinates, at a keyword, or across the edges of all pages (骑缝章)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lib_ofd._keywords import find_keyword
from lib_ofd._package import NotOfd
from lib_ofd._structure import Body, pages

NARROWEST_STRIP = 1.0


class NoSuchPlace(NotOfd):
    """The document has no such page or keyword."""


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
    """Centre the seal on a keyword; `occurrence` counts from 1, -1 is the last one, 0 means every one."""

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
        if not where.page:
            return [replace(where, page=known[0].page_id)]
        if where.page not in {page.page_id for page in known}:
            raise NoSuchPlace("文档中没有指定的页")
        return [where]
    if len(known) < 2:
        raise NoSuchPlace("骑缝章至少需要两页")
    strip = where.width / len(known)
    if strip < NARROWEST_STRIP:
        raise NoSuchPlace("页数过多，骑缝章每页宽度不足 1 毫米，请分册加盖")
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


def _at_keyword(files: Mapping[str, bytes], body: Body, where: AtKeyword) -> list[Place]:
    hits = find_keyword(files, body, where.keyword)
    if where.occurrence:
        index = where.occurrence - 1 if where.occurrence > 0 else len(hits) + where.occurrence
        hits = hits[index : index + 1] if index >= 0 else []
    if not hits:
        raise NoSuchPlace("文档中没有找到指定的关键字")
    return [
        Place(
            hit.x - where.width / 2 + where.shift_x,
            hit.y - where.height / 2 + where.shift_y,
            where.width,
            where.height,
            hit.page,
        )
        for hit in hits
    ]
