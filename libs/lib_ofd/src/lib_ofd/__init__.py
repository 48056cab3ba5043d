"""OFD documents (GB/T 33190): build, seal, read, preview."""

from lib_ofd._document import Box, Curve, Document, Part, Picture, Text, centred, read_data
from lib_ofd._fonts import FONT_FILE, Unprintable, missing, width
from lib_ofd._keywords import Hit, find_keyword
from lib_ofd._package import NotOfd, Package, extend_package, open_package, read_package, write_package
from lib_ofd._places import AcrossPages, AtKeyword, Clip, NoSuchPlace, Place, Where
from lib_ofd._render import render, render_pdf
from lib_ofd._sealing import Sealed, add_seal, seal_document
from lib_ofd._signatures import ReadSignature, read_signatures
from lib_ofd._structure import Body, Page, bodies, pages

__all__ = [
    "FONT_FILE",
    "AcrossPages",
    "AtKeyword",
    "Body",
    "Box",
    "Clip",
    "Curve",
    "Document",
    "Hit",
    "NoSuchPlace",
    "NotOfd",
    "Package",
    "Page",
    "Part",
    "Picture",
    "Place",
    "ReadSignature",
    "Sealed",
    "Text",
    "Unprintable",
    "Where",
    "add_seal",
    "bodies",
    "centred",
    "extend_package",
    "find_keyword",
    "missing",
    "open_package",
    "pages",
    "read_data",
    "read_package",
    "read_signatures",
    "render",
    "render_pdf",
    "seal_document",
    "width",
    "write_package",
]
