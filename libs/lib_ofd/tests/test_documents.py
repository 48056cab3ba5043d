"""Documents: what is written can be read, sealed twice, previewed; what was touched is found."""

import io
import zipfile
from datetime import UTC, datetime
from uuid import UUID

import pytest
from PIL import Image

from lib_ofd import (
    Box,
    Curve,
    Document,
    NotOfd,
    Picture,
    Place,
    Text,
    Unprintable,
    add_seal,
    centred,
    missing,
    read_data,
    read_package,
    read_signatures,
    render,
    render_pdf,
    write_package,
)
from lib_testing.ofd_schema import violations

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


@pytest.mark.parametrize("document", [a_document(), Document(UUID(int=8), "空白页", NOW).build()])
def test_files_keep_the_schemas_of_the_standard_with_any_number_of_seals(document: bytes) -> None:
    assert violations(document) == []
    assert violations(sealed(document)) == []
    assert violations(sealed(sealed(document))) == []


def test_what_departs_from_the_schemas_is_said() -> None:
    files = read_package(sealed(a_document()))
    path = "/Doc_0/Signs/Sign_0/Signature.xml"
    files[path] = files[path].replace(b'ID="s002" PageRef="2"', b'PageRef="77"')
    files["/OFD.xml"] = files["/OFD.xml"].replace(b"<ofd:DocRoot>", b"<ofd:Extra/><ofd:DocRoot>")
    said = " ".join(violations(write_package(files)))
    assert "StampAnnot lacks ID" in said
    assert "77 is no ID" in said
    assert "DocBody has the children DocInfo Extra DocRoot" in said


def test_unpacked_files_can_be_read_by_everybody() -> None:
    with zipfile.ZipFile(io.BytesIO(sealed(a_document()))) as archive:
        assert {entry.external_attr >> 16 & 0o777 for entry in archive.infolist()} == {0o644}


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


def test_a_character_without_a_picture_is_refused_by_name() -> None:
    document = Document(UUID(int=7), "证", NOW)
    document.add(Text(30, 80, "李𠮷与𠮷", 6))
    with pytest.raises(Unprintable) as refused:
        document.build()
    assert refused.value.characters == "𠮷"
    assert missing("赵堃喆玥祎㎡") == ""


def test_data_of_a_file_are_read_back() -> None:
    assert read_data(a_document()) == {"ZZMC": "食品经营许可证"}
    with pytest.raises(NotOfd):
        read_data(b"no file")


def test_curves_fills_and_thick_text_are_seen_where_they_were_put() -> None:
    document = Document(UUID(int=7), "证", NOW, 100, 50)
    document.add(
        Curve(((10, 10), (30, 10), (30, 30), (10, 30)), 0.2, "0 0 255", closed=True, fill="255 0 0"),
        Curve(((60, 10), (60, 40)), 2, "0 128 0"),
        Text(75, 30, "田", 15, weight=0.6, spacing=2),
    )
    image = Image.open(io.BytesIO(render(document.build(), dots_per_mm=4))).convert("RGB")
    assert image.size == (400, 200)
    assert image.getpixel((80, 80)) == (255, 0, 0)
    assert image.getpixel((240, 100)) == (0, 128, 0)
    assert image.getpixel((4, 4)) == (255, 255, 255)
    thin = Document(UUID(int=7), "证", NOW, 100, 50)
    thin.add(Text(75, 30, "田", 15))
    light = Image.open(io.BytesIO(render(thin.build(), dots_per_mm=4))).convert("L")
    heavy = image.convert("L").crop((290, 0, 400, 200))
    assert sum(heavy.tobytes()) < sum(light.crop((290, 0, 400, 200)).tobytes())


def test_a_pdf_shows_the_same_page_with_an_embedded_font() -> None:
    pdf = render_pdf(a_document(), [(PLACE, a_png())])
    assert pdf == render_pdf(a_document(), [(PLACE, a_png())])
    assert b"/MediaBox [ 0 0 841.8898 595.2756 ]" in pdf
    assert b"/FontFile2" in pdf
    assert len(render_pdf(a_document())) < len(pdf) < 150_000


def test_pictures_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(NotOfd):
        render(a_document(), [(PLACE, b"no picture")])
