"""Writes elements of the OFD name space: `E.Page(child, ID="2")`."""

from collections.abc import Callable
from functools import partial

from lxml import etree

NAMESPACE = "http://www.ofdspec.org/2016"
NS = {"ofd": NAMESPACE}


def _element(tag: str, *children: "etree._Element | str", **attributes: str) -> etree._Element:
    element = etree.Element(f"{{{NAMESPACE}}}{tag}", attributes, nsmap={"ofd": NAMESPACE})
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


class _Maker:
    def __getattr__(self, tag: str) -> Callable[..., etree._Element]:
        return partial(_element, tag)


E = _Maker()


def to_bytes(root: etree._Element) -> bytes:
    """Return the XML document."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
