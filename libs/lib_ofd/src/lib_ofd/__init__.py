"""OFD documents (GB/T 33190): build, seal, read, preview."""

from lib_ofd._document import Box, Curve, Document, Part, Picture, Text, centred, read_data
from lib_ofd._fonts import FONT_FILE, Unprintable, missing, width
from lib_ofd._package import NotOfd, read_package, write_package
from lib_ofd._render import render, render_pdf
from lib_ofd._signatures import Place, ReadSignature, add_seal, read_signatures

__all__ = [
    "FONT_FILE",
    "Box",
    "Curve",
    "Document",
    "NotOfd",
    "Part",
    "Picture",
    "Place",
    "ReadSignature",
    "Text",
    "Unprintable",
    "add_seal",
    "centred",
    "missing",
    "read_data",
    "read_package",
    "read_signatures",
    "render",
    "render_pdf",
    "width",
    "write_package",
]
