"""OFD documents (GB/T 33190): build, seal, read, preview."""

from lib_ofd._document import Box, Document, Picture, Text, centred
from lib_ofd._fonts import FONT_FILE, width
from lib_ofd._package import NotOfd, read_package, write_package
from lib_ofd._render import render
from lib_ofd._signatures import Place, ReadSignature, add_seal, read_signatures

__all__ = [
    "FONT_FILE",
    "Box",
    "Document",
    "NotOfd",
    "Picture",
    "Place",
    "ReadSignature",
    "Text",
    "add_seal",
    "centred",
    "read_package",
    "read_signatures",
    "render",
    "width",
    "write_package",
]
