"""Documents: what is written can be read, sealed twice, previewed; what was touched is found."""

import io
import zipfile
from datetime import UTC, datetime
from uuid import UUID

import pytest
from PIL import Image

from lib_ofd import (
    Box,
    Document,
    NotOfd,
    Picture,
    Place,
    Text,
    add_seal,
    centred,
    read_package,
    read_signatures,
    render,
    write_package,
)

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
PLACE = Place(200, 140, 42, 42)


def a_png(color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), color).save(out, "PNG")
    return out.getvalue()


def a_document() -> bytes:
    document = Document(UUID(int=7), "食品经营许可证", NOW, data={"ZZMC": "食品经营许可证"})
    document.add(centred(148.5, 40, "食品经营许可证", 12), Text(30, 80, "经营者名称：李记面馆 No.1", 6))
    document.add(Box(10, 10, 277, 190), Box(30, 90, 100, 0), Picture(240, 20, 30, 30, a_png()))
    return document.build()


def sealed(document: bytes, mark: bytes = b"value") -> bytes:
    return add_seal(document, b"seal", PLACE, NOW, lambda digest, path: mark + digest + path.encode())


def test_equal_documents_are_equal_bytes_and_small() -> None:
    assert a_document() == a_document()
    assert len(a_document()) < 200_000


def test_the_data_of_a_licence_stands_in_the_file() -> None:
    assert (
        '<ofd:CustomData Name="ZZMC">食品经营许可证</ofd:CustomData>'
        in read_package(a_document())["/OFD.xml"].decode()
    )


def test_an_unsealed_document_has_no_signatures() -> None:
    assert read_signatures(a_document()) == []


def test_a_seal_covers_every_file() -> None:
    [signature] = read_signatures(sealed(a_document()))
    assert (signature.changed, signature.uncovered) == ((), ())
    assert signature.value == b"value" + signature.xml_digest + b"/Doc_0/Signs/Sign_0/Signature.xml"
    assert (signature.seal, signature.place) == (b"seal", PLACE)


def test_a_second_seal_leaves_the_first_intact() -> None:
    first, second = read_signatures(sealed(sealed(a_document()), b"second"))
    assert (first.changed, first.uncovered) == ((), ())
    assert (second.changed, second.uncovered) == ((), ())
    assert second.path == "/Doc_0/Signs/Sign_1/Signature.xml"


@pytest.mark.parametrize("name", ["/Doc_0/Pages/Page_0/Content.xml", "/OFD.xml", "/Doc_0/Res/font_1.ttf"])
def test_a_changed_file_is_found(name: str) -> None:
    files = read_package(sealed(a_document()))
    [signature] = read_signatures(write_package({**files, name: files[name] + b" "}))
    assert signature.changed == (name,)


def test_an_added_file_is_found() -> None:
    files = read_package(sealed(a_document()))
    [signature] = read_signatures(write_package({**files, "/Doc_0/Annots.xml": b"<x/>"}))
    assert signature.uncovered == ("/Doc_0/Annots.xml",)


def packed(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        packed(("Other.xml", b"")),
        packed(("OFD.xml", b"<x/>"), ("../evil", b"")),
        packed(("OFD.xml", b"<x/>"), ("a//b", b"")),
        packed(("OFD.xml", b"<x/>"), ("/OFD.xml", b"<y/>")),
        packed(("OFD.xml", b"<!DOCTYPE x [<!ENTITY e 'boom'>]><x>&e;</x>")),
        packed(("OFD.xml", b"<x")),
    ],
)
def test_unsafe_packages_are_refused(data: bytes) -> None:
    with pytest.raises(NotOfd):
        read_signatures(data)


def test_the_preview_shows_text_picture_and_seal() -> None:
    png = render(a_document(), [(PLACE, a_png("blue"))], dots_per_mm=2)
    image = Image.open(io.BytesIO(png))
    assert image.size == (594, 420)
    assert image.getpixel((2 * 221, 2 * 161)) == (0, 0, 255)
    assert image.getpixel((2 * 255, 2 * 35)) == (255, 0, 0)
    dark = sum(image.crop((220, 50, 380, 84)).convert("L").histogram()[:128])
    assert dark > 300
