"""The page of a kind of licence as data (版式), checked when it is loaded."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lib_ofd import missing
from svc_license.kind.domain import KindInvalid

LAYOUTS = Path(__file__).parent / "layouts"
PLACEHOLDER = re.compile(r"{(\w+)}")
FACTS = frozenset(
    {"name", "number", "code", "serial", "version", "holder_name", "holder_number", "issuer", "issued_on"}
    | {"valid_from", "valid_until", "validity", "first_issued_on"}
)
SIZES = {"a4-landscape": (297.0, 210.0), "a4-portrait": (210.0, 297.0), "card": (85.6, 54.0)}
SEAL_MM = 42.0

Color = Annotated[str, Field(pattern=r"^\d{1,3} \d{1,3} \d{1,3}$")]
Length = Annotated[float, Field(ge=0, le=420)]


class _Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextPiece(_Piece):
    """A line of text with placeholders; wraps and shrinks inside `width`. An empty one is left out."""

    piece: Literal["text"]
    text: str = Field(min_length=1, max_length=200)
    x: Length
    y: Length
    size: float = Field(default=5.0, ge=1.2, le=40)
    align: Literal["left", "centre", "right"] = "left"
    width: Length = 0.0
    lines: int = Field(default=1, ge=1, le=12)
    color: Color = "0 0 0"
    weight: float = Field(default=0.0, ge=0, le=2)
    spacing: float = Field(default=0.0, ge=0, le=30)


class FieldsPiece(_Piece):
    """The fields, one under the other, in a box: labels on the left, values wrapping on the right."""

    piece: Literal["fields"]
    x: Length
    y: Length
    width: Length
    height: Length
    label_width: Length
    size: float = Field(default=5.0, ge=1.2, le=20)
    line: float = Field(default=2.1, ge=1.2, le=4, description="line height as a multiple of the size")
    names: list[str] | None = None
    label_color: Color = "90 80 60"
    rule: Color | None = Field(default=None, description="colour of a line under each field")
    grid: Color | None = Field(default=None, description="colour of a table around the fields")


class LinePiece(_Piece):
    """A straight line."""

    piece: Literal["line"]
    x: Length
    y: Length
    x2: Length
    y2: Length
    line: float = Field(default=0.3, gt=0, le=5)
    color: Color = "0 0 0"


class BoxPiece(_Piece):
    """A rectangle's outline."""

    piece: Literal["box"]
    x: Length
    y: Length
    width: Length
    height: Length
    line: float = Field(default=0.3, gt=0, le=5)
    color: Color = "0 0 0"


class BandPiece(_Piece):
    """A filled rectangle, under what comes after it."""

    piece: Literal["band"]
    x: Length
    y: Length
    width: Length
    height: Length
    color: Color


class PhotoPiece(_Piece):
    """The holder's photo from a field; an empty frame when there is none."""

    piece: Literal["photo"]
    x: Length
    y: Length
    width: Length
    height: Length
    field: str


class QrPiece(_Piece):
    """The QR code with the address where anyone can check the licence."""

    piece: Literal["qr"]
    x: Length
    y: Length
    size: float = Field(ge=12, le=60)


class SealPiece(_Piece):
    """Where the seal goes: upper left corner; `size` is its diameter."""

    piece: Literal["seal"]
    x: Length
    y: Length
    size: float = Field(default=SEAL_MM, ge=12, le=60)


Piece = Annotated[
    TextPiece | FieldsPiece | LinePiece | BoxPiece | BandPiece | PhotoPiece | QrPiece | SealPiece,
    Field(discriminator="piece"),
]


class Frame(_Piece):
    """The border: waves between two lines, or two lines alone; `rosette` is the ground's colour."""

    style: Literal["guilloche", "double", "none"]
    color: Color = "176 128 48"
    margin: float = Field(default=8.0, ge=1, le=40)
    band: float = Field(default=7.0, ge=0.5, le=20)
    rosette: Color | None = None
    rosette_radius: float = Field(default=45.0, ge=5, le=150)


class Template(_Piece):
    """A page."""

    size: Literal["a4-landscape", "a4-portrait", "card"]
    frame: Frame
    pieces: list[Piece] = Field(min_length=2, max_length=60)

    @property
    def seal(self) -> SealPiece:
        """Return where the seal goes."""
        return next(piece for piece in self.pieces if isinstance(piece, SealPiece))

    @property
    def dimensions(self) -> tuple[float, float]:
        """Return the width and height in millimetres."""
        return SIZES[self.size]


@cache
def layout(name: str) -> Mapping[str, Any]:
    """Return a page that ships with the service. Raises KindInvalid."""
    path = LAYOUTS / f"{name}.json"
    if not re.fullmatch(r"[a-z]+", name) or not path.exists():
        raise KindInvalid(f"没有名为 {name} 的版式")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def parse_template(data: Mapping[str, Any], schema: Mapping[str, Any]) -> Template:
    """Return a page that fits a kind's fields.

    Raises:
        KindInvalid: naming the piece and what is wrong with it.
    """
    try:
        template = Template.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise KindInvalid(f"版式 {'.'.join(map(str, first['loc']))}：{first['msg']}") from error
    fields = set(schema["properties"])
    for number, piece in enumerate(template.pieces):
        problem = _problem(piece, template, fields)
        if problem:
            raise KindInvalid(f"版式第 {number + 1} 块（{piece.piece}）{problem}")
    for kind, wanted in (("seal", 1), ("qr", 1)):
        if sum(piece.piece == kind for piece in template.pieces) != wanted:
            raise KindInvalid(f"版式应恰有 {wanted} 个 {kind}")
    return template


def _problem(piece: Piece, template: Template, fields: set[str]) -> str:
    width, height = template.dimensions
    right, bottom = _corner(piece)
    if right > width or bottom > height:
        return "超出页面"
    if isinstance(piece, TextPiece):
        unknown = set(PLACEHOLDER.findall(piece.text)) - FACTS - fields
        lacking = missing(PLACEHOLDER.sub("", piece.text))
        return (
            f"用了未知的占位符 {sorted(unknown)}"
            if unknown
            else f"有字库没有的字 {lacking}"
            if lacking
            else ""
        )
    if isinstance(piece, PhotoPiece) and piece.field not in fields:
        return f"引用了未知字段 {piece.field}"
    if isinstance(piece, FieldsPiece) and not set(piece.names or ()) <= fields:
        return f"引用了未知字段 {sorted(set(piece.names or ()) - fields)}"
    return ""


def _corner(piece: Piece) -> tuple[float, float]:
    if isinstance(piece, TextPiece):
        half = {"left": piece.width, "centre": piece.width / 2, "right": 0.0}[piece.align]
        return piece.x + half, piece.y
    if isinstance(piece, LinePiece):
        return max(piece.x, piece.x2), max(piece.y, piece.y2)
    if isinstance(piece, QrPiece | SealPiece):
        return piece.x + piece.size, piece.y + piece.size
    return piece.x + piece.width, piece.y + piece.height
