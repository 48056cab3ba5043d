"""Request and response bodies of sealing."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator

from lib_ofd import AcrossPages, AtKeyword, Place, Where
from svc_seal.use.domain import PlaceInvalid
from svc_seal.use.pdf import PdfPlace

Millimetres = Annotated[float, Field(ge=-1500, le=1500)]


class Keyword(BaseModel):
    """Centre the seal on a text of the document; `occurrence` counts from 1, -1 is the last, 0 every one."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=60)
    occurrence: int = Field(default=-1, ge=-1000, le=1000)
    shift_x: Millimetres = 0.0
    shift_y: Millimetres = 0.0


class Riding(BaseModel):
    """A riding seal over the right edge of all pages (骑缝章); without `y` half way down."""

    model_config = ConfigDict(extra="forbid")

    y: Annotated[float, Field(ge=0, le=1500)] | None = None


class SealPlace(BaseModel):
    """Where the seal goes: `x`, `y` of its upper left corner in millimetres, a keyword, or across all pages.

    `page` is the page's ID in an OFD file and its number in a PDF file; the first page when left out.
    """

    model_config = ConfigDict(extra="forbid")

    page: str | None = Field(default=None, max_length=20)
    x: float | None = Field(default=None, ge=0, le=1500)
    y: float | None = Field(default=None, ge=0, le=1500)
    keyword: Keyword | None = None
    across_pages: Riding | None = None
    size: float | None = Field(
        default=None, ge=10, le=60, description="diameter in millimetres; the seal's own by default"
    )

    @model_validator(mode="after")
    def _check_one_way(self) -> "SealPlace":
        has_point = self.x is not None and self.y is not None
        if (self.x is None) != (self.y is None):
            raise ValueError("x 与 y 须同时给出")
        if [has_point, self.keyword is not None, self.across_pages is not None].count(True) != 1:
            raise ValueError("请给出坐标（x、y）、关键字（keyword）、骑缝（across_pages）三者之一")
        return self

    def in_ofd(self, own_size: float) -> Where:
        """Return the place in an OFD file."""
        size = self.size or own_size
        if self.keyword is not None:
            found = self.keyword
            return AtKeyword(found.text, size, size, found.occurrence, found.shift_x, found.shift_y)
        if self.across_pages is not None:
            return AcrossPages(size, size, self.across_pages.y)
        return Place(self.x or 0.0, self.y or 0.0, size, size, self.page or "")

    def in_pdf(self) -> PdfPlace:
        """Return the place in a PDF file. Raises PlaceInvalid."""
        if self.x is None or self.y is None:
            raise PlaceInvalid("PDF 文件只能按坐标加盖印章")
        page = self.page or "1"
        if not page.isdecimal():
            raise PlaceInvalid("PDF 文件的 page 应为页码")
        return PdfPlace(int(page), self.x, self.y)


class SealRequest(SealPlace):
    """What to seal and where: an OFD or PDF file in base64."""

    document: Base64Bytes
    seal_code: str = Field(max_length=40, description="印章编码")
    purpose: str = Field(
        min_length=1, max_length=200, description="用途，须与授权的用途一致（授权为 * 时任意）"
    )
    use_key: str = Field(
        min_length=8,
        max_length=100,
        description="本次用章的标识，由调用方给出；同一标识重发得到第一次的结果，不会重复盖章",
    )


class SealedOut(BaseModel):
    """The sealed file in base64; `digest` is its SM3 in hex."""

    use_id: UUID
    digest: str
    document: str


class DigestIn(BaseModel):
    """An SM3 digest in hex; `property_info` is the absolute path of the signed `Signature.xml`."""

    model_config = ConfigDict(extra="forbid")

    digest: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    property_info: str = Field(default="", max_length=300, pattern=r"^[\x20-\x7e]*$")


class DigestsIn(BaseModel):
    """Digests to be signed. `form`: `ses` is a seal signature of GB/T 38540, `raw` SM2 over the 32 bytes."""

    model_config = ConfigDict(extra="forbid")

    seal_code: str = Field(max_length=40)
    purpose: str = Field(min_length=1, max_length=200)
    form: Literal["ses", "raw"] = "ses"
    items: list[DigestIn] = Field(min_length=1, max_length=500)


class DigestsOut(BaseModel):
    """The signatures in base64, in the order of the digests."""

    signatures: list[str]
