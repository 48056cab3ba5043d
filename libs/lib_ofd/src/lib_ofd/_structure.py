"""Documents of a package and their pages, as far as sealing needs them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from lib_ofd._package import NotOfd, attribute, member, members, parse_xml, resolve, text_of

LARGEST_SIDE = 5000.0
MOST_PAGES = 5000
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")


@dataclass(frozen=True)
class Page:
    """A page: its ID and size in millimetres, the file with its content."""

    page_id: str
    width: float
    height: float
    path: str


@dataclass(frozen=True)
class Body:
    """One document (DocBody) of a package. `list_path` is None before its first signature."""

    root_path: str
    list_path: str | None

    @property
    def folder(self) -> str:
        """Return the document's folder, without a slash at the end."""
        return self.root_path.rpartition("/")[0]


def bodies(files: Mapping[str, bytes]) -> list[Body]:
    """Return the documents of a package. Raises NotOfd."""
    root = parse_xml(files["/OFD.xml"])
    found = []
    for element in members(root, "DocBody"):
        path = text_of(element, "DocRoot")
        if path is None:
            raise NotOfd("缺少文档根文件")
        listed = text_of(element, "Signatures")
        where = resolve(listed, "/OFD.xml", files) if listed else None
        found.append(Body(resolve(path, "/OFD.xml", files), where))
    if not found:
        raise NotOfd("OFD.xml 中没有文档")
    return found


def pages(files: Mapping[str, bytes], body: Body) -> list[Page]:
    """Return the pages in reading order. Raises NotOfd."""
    if body.root_path not in files:
        raise NotOfd("缺少文档根文件")
    root = parse_xml(files[body.root_path])
    usual = text_of(root, "CommonData/PageArea/PhysicalBox")
    listed = list(members(_required(member(root, "Pages"), "文档没有页面"), "Page"))
    if len(listed) > MOST_PAGES:
        raise NotOfd("页面过多")
    found: list[Page] = []
    seen: set[str] = set()
    for element in listed:
        path = resolve(attribute(element, "BaseLoc") or "", body.root_path, files)
        if path in seen:
            # One large page listed a thousand times would be read a thousand times.
            raise NotOfd("多个页面指向同一文件")
        seen.add(path)
        own = text_of(parse_xml(files[path]), "Area/PhysicalBox") if path in files else None
        _x, _y, width, height = numbers(own or usual, 4)
        if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
            raise NotOfd("页面尺寸不合法")
        found.append(Page(attribute(element, "ID") or "", width, height, path))
    if not found:
        raise NotOfd("文档没有页面")
    return found


def numbers(text: str | None, count: int) -> list[float]:
    """Return exactly `count` numbers. Raises NotOfd."""
    values = [float(value) for value in NUMBER.findall(text or "")]
    if len(values) != count or not all(abs(value) < 1e9 for value in values):
        raise NotOfd("坐标不合法")
    return values


def _required(element: etree._Element | None, text: str) -> etree._Element:
    if element is None:
        raise NotOfd(text)
    return element
