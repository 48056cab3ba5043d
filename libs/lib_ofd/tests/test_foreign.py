"""Files of other makers: other orders, prefixes, IDs and paths; seals added to them; places in them."""

import io
from datetime import UTC, datetime
from uuid import UUID

import pytest
from PIL import Image

from lib_ofd import (
    AcrossPages,
    AtKeyword,
    Clip,
    Document,
    NoSuchPlace,
    NotOfd,
    Place,
    Text,
    add_seal,
    bodies,
    find_keyword,
    read_package,
    read_signatures,
    render,
    seal_document,
    write_package,
)
from lib_testing.foreign import ForeignMaker, foreign_ofd, zipped

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
MAKER = ForeignMaker.at(NOW)
PLACE = Place(10, 10, 42, 42, "")


def sealed(document: bytes, where: Place | AtKeyword | AcrossPages = PLACE) -> bytes:
    return add_seal(document, b"seal", where, NOW, lambda digest, path: b"value" + digest)


@pytest.mark.parametrize("prefix", ["/", "", "Doc_0"])
def test_references_are_understood_however_their_paths_are_written(prefix: str) -> None:
    [signature] = read_signatures(foreign_ofd(MAKER, 4, prefix=prefix))
    assert (signature.changed, signature.uncovered, signature.problems) == ((), (), ())
    assert signature.place == Place(150, 220, 40, 40, "1")
    assert signature.seal[:1] == b"\x30"


@pytest.mark.parametrize("name", ["Doc_0/Pages/P1.xml", "OFD.xml", "Doc_0/Signs/Sign_7/Seal.esl"])
def test_a_changed_file_of_another_maker_is_named(name: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[name] += b" "

    [signature] = read_signatures(foreign_ofd(MAKER, 4, change=change))
    assert signature.changed == (f"/{name}",)


def test_a_missing_part_is_a_problem_of_that_signature_alone() -> None:
    def change(files: dict[str, bytes]) -> None:
        del files["Doc_0/Signs/Sign_7/SignedValue.dat"]

    [signature] = read_signatures(foreign_ofd(MAKER, 4, change=change))
    assert signature.problems == ("缺少签名值文件",)


@pytest.mark.parametrize(
    ("method", "text"), [("MD5", "MD5"), ("SHA1", "SHA1"), ("MD4", "不支持"), (None, "MD5")]
)
def test_weak_and_unknown_digests_are_said(method: str | None, text: str) -> None:
    def change(files: dict[str, bytes]) -> None:
        path = "Doc_0/Signs/Sign_7/Signature.xml"
        wanted = b"" if method is None else f'CheckMethod="{method}"'.encode()
        files[path] = files[path].replace(b"CheckMethod='SM3'", wanted)

    [signature] = read_signatures(foreign_ofd(MAKER, 4, change=change))
    assert len(signature.changed) == 4
    assert text in signature.problems[0]


def test_our_seal_joins_one_of_another_maker_without_breaking_it() -> None:
    first, second = read_signatures(sealed(foreign_ofd(MAKER, 4)))
    assert (first.changed, first.uncovered) == ((), ())
    assert (second.changed, second.uncovered) == ((), ())
    listed = read_package(sealed(foreign_ofd(MAKER, 4)))["/Doc_0/Signs/Signatures.xml"].decode()
    assert 'ID="s009"' in listed
    assert "<MaxSignId>s010</MaxSignId>" in listed


def test_a_file_that_was_never_signed_gets_its_list() -> None:
    def unsigned(files: dict[str, bytes]) -> None:
        for name in [name for name in files if "/Signs/" in name]:
            del files[name]
        listed = b"<Signatures>Doc_0/Signs/Signatures.xml</Signatures>"
        files["OFD.xml"] = files["OFD.xml"].replace(listed, b"")

    document = foreign_ofd(MAKER, 4, change=unsigned)
    assert bodies(read_package(document))[0].list_path is None
    [signature] = read_signatures(sealed(document))
    assert (signature.changed, signature.uncovered) == ((), ())


def test_a_signature_that_locks_the_list_forbids_more() -> None:
    def lock(files: dict[str, bytes]) -> None:
        path, end = "Doc_0/Signs/Sign_7/Signature.xml", b"</References>"
        locked = b"<Reference FileRef='/Doc_0/Signs/Signatures.xml'><CheckValue>x</CheckValue></Reference>"
        files[path] = files[path].replace(end, locked + end)

    with pytest.raises(NotOfd, match="锁定"):
        sealed(foreign_ofd(MAKER, 4, change=lock))


def three_pages() -> bytes:
    document = Document(UUID(int=3), "合同", NOW, width=210, height=297)
    document.add(Text(30, 80, "甲方（盖章）：平顶山市", 5), Text(120, 80, "乙方（盖章）：", 5))
    document.add(Text(30, 200, "甲方（盖章）", 5))
    files = read_package(document.build())
    root = files["/Doc_0/Document.xml"].decode()
    entry = '<ofd:Page ID="2" BaseLoc="Pages/Page_0/Content.xml"/>'
    assert entry in root
    more = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="Pages/Page_{number}/Content.xml"/>' for number in (7, 8)
    )
    files["/Doc_0/Document.xml"] = root.replace(entry, entry + more).encode()
    for number in (7, 8):
        files[f"/Doc_0/Pages/Page_{number}/Content.xml"] = SPLIT.encode()
    return write_package(files)


SPLIT = """<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content><ofd:Layer ID="90">
<ofd:PageBlock ID="91">
<ofd:TextObject ID="92" Boundary="100 50 50 10" Font="1" Size="4"><ofd:TextCode X="0" Y="8" DeltaX="g 2 4">\
法定代</ofd:TextCode></ofd:TextObject>
<ofd:TextObject ID="93" Boundary="112 50 50 10" Font="1" Size="4"><ofd:TextCode X="0" Y="8" DeltaX="4">\
表人</ofd:TextCode></ofd:TextObject></ofd:PageBlock></ofd:Layer></ofd:Content></ofd:Page>"""


def test_a_keyword_is_found_on_every_page_also_split_over_objects() -> None:
    files = read_package(three_pages())
    body = bodies(files)[0]
    hits = find_keyword(files, body, "甲方（盖章）")
    assert [(hit.page, round(hit.y / 10)) for hit in hits] == [("2", 8), ("2", 20)]
    split = find_keyword(files, body, "法定代表人")
    assert [hit.page for hit in split] == ["7", "8"]
    assert (round(split[0].x), round(split[0].y)) == (110, 56)
    assert find_keyword(files, body, "没有的字") == []


@pytest.mark.parametrize(("occurrence", "count", "top"), [(1, 1, 78), (-1, 1, 198), (0, 2, 78)])
def test_a_seal_is_centred_on_the_wanted_occurrence(occurrence: int, count: int, top: float) -> None:
    where = AtKeyword("甲方（盖章）", 42, 42, occurrence)
    found = seal_document(three_pages(), b"seal", where, NOW, lambda digest, path: digest).places
    assert len(found) == count
    assert round(found[0].y + 21) == top
    assert found[0].page == "2"


@pytest.mark.parametrize(
    "where", [AtKeyword("没有", 42, 42), AtKeyword("甲方", 42, 42, 9), Place(1, 1, 42, 42, "99")]
)
def test_a_place_that_is_not_there_is_refused(where: Place | AtKeyword) -> None:
    with pytest.raises(NoSuchPlace):
        sealed(three_pages(), where)


@pytest.mark.parametrize(
    "where",
    [
        Place(1400, 10, 42, 42, ""),
        Place(169, 10, 42, 42, ""),
        Place(10, 256, 42, 42, "7"),
        Place(-1, 10, 42, 42, ""),
        AcrossPages(42, 42, 280),
        AtKeyword("甲方（盖章）", 300, 300),
    ],
)
def test_a_seal_that_would_not_show_whole_is_refused_with_the_size_of_the_page(
    where: Place | AcrossPages | AtKeyword,
) -> None:
    with pytest.raises(NoSuchPlace, match="超出页面（210 × 297 毫米）"):
        sealed(three_pages(), where)


def test_a_seal_at_a_keyword_near_the_edge_is_kept_within_the_page() -> None:
    where = AtKeyword("甲方（盖章）", 42, 42, 1, shift_x=500, shift_y=-500)
    [place] = seal_document(three_pages(), b"seal", where, NOW, lambda digest, path: digest).places
    assert (place.x, place.y) == (168, 0)


def test_a_riding_seal_shows_a_third_on_each_of_three_pages() -> None:
    [signature] = read_signatures(sealed(three_pages(), AcrossPages(42, 42)))
    assert [place.page for place in signature.places] == ["2", "7", "8"]
    shown = [place.x + (place.clip.x if place.clip else 0) for place in signature.places]
    assert shown == [196, 196, 196]
    assert signature.places[1].clip == Clip(14, 0, 14, 42)
    assert {place.y for place in signature.places} == {127.5}


def test_a_single_page_has_no_riding_seal() -> None:
    with pytest.raises(NoSuchPlace, match="两页"):
        sealed(foreign_ofd(MAKER, 4), AcrossPages(42, 42))


def test_seals_one_after_another_stay_good_whatever_their_places() -> None:
    document = sealed(three_pages())
    document = sealed(document, AtKeyword("乙方", 20, 20))
    document = sealed(document, AcrossPages(42, 42))
    found = read_signatures(document)
    assert len(found) == 3
    assert all((item.changed, item.uncovered, item.problems) == ((), (), ()) for item in found)


def test_a_file_added_under_a_signature_folder_is_not_covered() -> None:
    files = {name.lstrip("/"): data for name, data in read_package(sealed(three_pages())).items()}
    [signature] = read_signatures(zipped({**files, "Doc_0/Signs/Sign_0/Extra.xml": b"<x/>"}))
    assert signature.uncovered == ("/Doc_0/Signs/Sign_0/Extra.xml",)


def test_each_page_shows_its_share_of_a_riding_seal_and_nothing_of_the_others() -> None:
    found = seal_document(three_pages(), b"seal", AcrossPages(42, 42), NOW, lambda digest, path: digest)
    thirds = Image.new("RGBA", (420, 420))
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    for third, color in enumerate(colors):
        thirds.paste((*color, 255), (third * 140, 0, third * 140 + 140, 420))
    out = io.BytesIO()
    thirds.save(out, "PNG")
    seals = [(place, out.getvalue()) for place in found.places]
    for number, color in enumerate(colors, 1):
        png = Image.open(io.BytesIO(render(found.document, seals, page=number, dots_per_mm=2)))
        page = png.convert("RGB")
        middle = page.height // 2
        assert page.getpixel((page.width - 14, middle)) == color
        assert page.getpixel((page.width - 3, middle)) == color
        assert page.getpixel((page.width - 25, middle)) == color
        assert page.getpixel((page.width - 32, middle)) == (255, 255, 255)
    with pytest.raises(NotOfd, match="没有指定的页"):
        render(found.document, seals, page=4)
