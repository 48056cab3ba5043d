"""Kinds of licences as data: what contradicts itself is not loaded, and all of the city's can be drawn."""

import base64
import io
import struct
import zlib
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from specimens import FIELDS, content

from lib_kernel import Invalid, LicenseNumber
from lib_ofd import Place, Text, add_seal, missing, read_data, render, render_pdf, width
from lib_testing.ofd_schema import violations
from svc_license.kind.domain import Kind, KindInvalid, Rule, Validity
from svc_license.kind.form import check_fields
from svc_license.kind.page import CharacterMissing, check_printable, draw, holder_number_kind, render_page
from svc_license.kind.store import kind_from
from svc_license.kind.template import layout, parse_template
from svc_license.kind.typeset import NEVER_FIRST, DoesNotFit, fit, wrap
from svc_license.seed import kind_records

CITY = Path(__file__).parents[3] / "deploy" / "demo" / "city"
KINDS = {kind.name: kind for kind in map(kind_from, kind_records(CITY))}
TODAY = date(2026, 3, 4)
NUMBER = "11010519491231002X"


@pytest.fixture
def record() -> dict[str, Any]:
    found = next(record for record in kind_records(CITY) if record["name"] == "食品经营许可证")
    return deepcopy(found)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_of_the_city_can_be_drawn(name: str) -> None:
    kind = KINDS[name]
    said = content(kind)
    page = draw(said, kind)
    assert not missing("".join(part.text for part in page.parts if isinstance(part, Text)))
    data = page.data
    assert (data["ZZMC"], data["ZZLXDM"], data["ZZBFJGDM"]) == (kind.name, kind.code, kind.issuer)
    assert LicenseNumber.parse(data["ZZBS"]).type_code == kind.code


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_of_the_city_keeps_the_schemas_of_ofd(name: str) -> None:
    kind = KINDS[name]
    document = render_page(content(kind), kind)
    assert violations(document) == []
    place, when = Place(10, 10, 42, 42), datetime(2026, 3, 4, tzinfo=UTC)
    for _ in range(2):
        document = add_seal(document, b"seal", place, when, lambda digest, path: digest)
    assert violations(document) == []


def test_a_childs_licence_ends_the_day_before_its_eighteenth_birthday() -> None:
    kind = KINDS["儿童福利证"]
    said = content(kind)
    assert said.valid_until == date(2034, 5, 31)
    assert read_data(render_page(said, kind))["ZZYXQJZRQ"] == "2034-05-31"
    with pytest.raises(Invalid, match="已经到期"):
        kind.validity.last_day(TODAY, {}, NUMBER)


@pytest.mark.parametrize(
    ("number", "code"), [(NUMBER, "111"), ("92410402MA4XD1234E", "001"), ("E12345678", "999")]
)
def test_the_kind_of_a_holders_number_is_said_rightly(number: str, code: str) -> None:
    assert holder_number_kind(number)[0] == code


def test_the_file_holds_the_metadata_and_is_the_same_each_time() -> None:
    kind = KINDS["食品经营许可证"]
    document = render_page(content(kind), kind)
    assert render_page(content(kind), kind) == document
    data = read_data(document)
    assert (data["CZZT"], data["CZZTDMLXDM"]) == ("平顶山市新华区李记面馆", "001")
    assert (data["ZZBFRQ"], data["ZZYXQQSRQ"], data["ZZYXQJZRQ"]) == (
        "2026-03-04",
        "2026-03-04",
        "2031-03-03",
    )
    assert data["KZ_legal_representative"] == "李明"


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_nothing_on_a_page_leaves_it_or_its_frame(name: str) -> None:
    kind = KINDS[name]
    page = draw(content(kind), kind)
    margin = parse_template(kind.template, kind.schema).frame.margin
    texts = [part for part in page.parts if isinstance(part, Text)]
    assert any(kind.name in part.text for part in texts)
    for part in texts:
        assert margin < part.x
        assert part.x + width(part.text, part.size, part.spacing) < page.width - margin, part.text
        assert part.y < page.height - margin


def test_the_pictures_of_a_page_come_from_its_file() -> None:
    kind = KINDS["老年人优待证"]
    document = render_page(content(kind), kind)
    pdf = render_pdf(document)
    assert pdf == render_pdf(document)
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf
    assert b"/MediaBox [ 0 0 242.6457 153.0709 ]" in pdf
    assert render(document).startswith(b"\x89PNG")
    assert render(document, [(Place(53, 30, 18, 18), _png())]) != render(document)


def _png() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"piece": "text", "text": "{nothing}", "x": 10, "y": 10}, "未知的占位符"),
        ({"piece": "text", "text": "𠮷", "x": 10, "y": 10}, "字库没有的字"),
        ({"piece": "photo", "field": "face", "x": 10, "y": 10, "width": 9, "height": 9}, "未知字段"),
        ({"piece": "box", "x": 200, "y": 10, "width": 200, "height": 9}, "超出页面"),
        ({"piece": "qr", "x": 10, "y": 10, "size": 20}, "恰有 1 个 qr"),
        ({"piece": "stamp", "x": 10, "y": 10}, "版式"),
        ({"piece": "line", "x": 10, "y": 10, "x2": 20, "y2": 20, "color": "red"}, "版式"),
    ],
)
def test_a_page_that_contradicts_itself_is_not_loaded(
    record: dict[str, Any], change: dict[str, Any], told: str
) -> None:
    template = deepcopy(dict(layout("permit")))
    template["pieces"] = [*template["pieces"], change]
    record["definition"]["template"] = template
    with pytest.raises(KindInvalid, match=told):
        kind_from(record)


@pytest.mark.parametrize(
    "definition",
    [
        {"layout": "unknown"},
        {"layout": "../permit"},
        {"schema": {"type": "array"}},
        {"schema": {"type": "object", "properties": {"a": {"type": "nothing"}}}},
        {"schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}},
        {"validity": {"rule": "sometimes"}},
        {"validity": {"rule": "years", "years": 0}},
        {"validity": {"rule": "fixed"}},
        {"validity": {"rule": "birthday"}},
        {"validity": {"rule": "field", "field": "premises"}},
    ],
)
def test_a_definition_that_contradicts_itself_is_not_loaded(
    record: dict[str, Any], definition: dict[str, Any]
) -> None:
    record["definition"].update(definition)
    with pytest.raises(KindInvalid, match="食品经营许可证"):
        kind_from(record)


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        (Validity(), None),
        (Validity(Rule.YEARS, years=5), date(2031, 3, 3)),
        (Validity(Rule.BIRTHDAY, age=80), date(2029, 12, 30)),
        (Validity(Rule.FIELD, field="end"), date(2028, 1, 1)),
    ],
)
def test_the_last_day_follows_the_rule(rule: Validity, last: date | None) -> None:
    assert rule.last_day(TODAY, {"end": "2028-01-01"}, NUMBER) == last


def test_a_licence_of_a_leap_day_ends_on_an_existing_day() -> None:
    assert Validity(Rule.YEARS, years=1).last_day(date(2028, 2, 29), {}, "") == date(2029, 2, 27)


@pytest.mark.parametrize(
    "rule",
    [
        Validity(Rule.BIRTHDAY, age=18),
        Validity(Rule.FIELD, field="nothing"),
    ],
)
def test_a_licence_that_would_be_over_already_is_refused(rule: Validity) -> None:
    with pytest.raises(Invalid):
        rule.last_day(TODAY, {}, NUMBER)
    with pytest.raises(Invalid):
        Validity(Rule.BIRTHDAY, age=80).last_day(TODAY, {}, "91410400MA00000000")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"valid_until": "next year"}, "valid_until"),
        ({"colour": "red"}, "colour"),
        ({"photo": "bm90IGEgcGljdHVyZQ=="}, "photo"),
        ({"operator_name": "长" * 401}, "operator_name"),
    ],
)
def test_fields_are_checked_and_named_without_their_values(change: dict[str, str], field: str) -> None:
    kind = KINDS["道路运输证"]
    good = {name: value for name, value in content(kind).fields.items()}
    check_fields(kind.schema, good)
    with pytest.raises(Invalid) as refused:
        check_fields(kind.schema, {**good, **change})
    assert refused.value.facts["field"] == field
    assert not any(value and value in refused.value.detail for value in change.values())


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_photo_that_is_cut_off_is_refused_before_anything_is_drawn(form: str) -> None:
    kind, out = KINDS["道路运输证"], io.BytesIO()
    Image.effect_noise((90, 60), 40).save(out, form)
    fields = content(kind).fields
    check_fields(kind.schema, {**fields, "photo": base64.b64encode(out.getvalue()).decode()})
    with pytest.raises(Invalid) as refused:
        check_fields(kind.schema, {**fields, "photo": base64.b64encode(out.getvalue()[:-900]).decode()})
    assert refused.value.facts["field"] == "photo"


def test_a_photo_that_says_it_is_huge_is_refused() -> None:
    kind, out = KINDS["道路运输证"], io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    size = struct.pack(">II", 60_000, 60_000)
    header = b"IHDR" + size + out.getvalue()[24:29]
    huge = out.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + out.getvalue()[33:]
    with pytest.raises(Invalid) as refused:
        check_fields(kind.schema, {**content(kind).fields, "photo": base64.b64encode(huge).decode()})
    assert refused.value.facts["field"] == "photo"


def test_a_required_field_is_missed() -> None:
    kind = KINDS["道路运输证"]
    with pytest.raises(Invalid, match="业户名称：缺少必填项"):
        check_fields(kind.schema, {"plate": "豫D·A6218"})


def test_names_of_the_standard_table_are_printed_and_others_refused_by_name() -> None:
    kind = KINDS["食品经营许可证"]
    said = content(kind)
    for name in ("赵堃", "李喆", "王玥祎", "朱镕基"):
        render_page(replace(said, fields={**said.fields, "legal_representative": name}), kind)
    rare = replace(said, fields={**said.fields, "legal_representative": "李𠮷"})
    with pytest.raises(CharacterMissing, match="法定代表人含有字库中没有的字：𠮷"):
        render_page(rare, kind)
    with pytest.raises(CharacterMissing) as refused:
        check_printable(kind, "李𠮷", {})
    assert refused.value.facts["characters"] == "𠮷"


def test_long_values_wrap_then_shrink_and_are_never_cut() -> None:
    kind = KINDS["食品经营许可证"]
    said = content(kind)
    long = "热食类食品制售、" * 45
    page = draw(replace(said, fields={**said.fields, "business_items": long}), kind)
    printed = "".join(part.text for part in page.parts if isinstance(part, Text))
    assert long in printed
    with pytest.raises(DoesNotFit):
        draw(replace(said, fields={**said.fields, "business_items": long * 6}), kind)


def test_lines_break_between_words_and_never_begin_with_a_closing_sign() -> None:
    lines = wrap("经营场所位于平顶山市新华区建设路中段，从事餐饮服务。电话 0375-2660000", 5, 40)
    assert (
        "".join(lines).replace(" ", "")
        == "经营场所位于平顶山市新华区建设路中段，从事餐饮服务。电话0375-2660000"
    )
    assert not any(line[0] in NEVER_FIRST for line in lines)
    assert any("0375-2660000" in line for line in lines)
    assert fit("短", 5, 40, 1).size == 5
    assert fit("经营场所位于平顶山市", 5, 40, 1).size < 5
    with pytest.raises(DoesNotFit):
        fit("经" * 60, 5, 40, 1)


def test_the_order_of_fields_is_the_data_s() -> None:
    kind: Kind = KINDS["营业执照"]
    assert list(kind.titles.values())[:3] == ["名称", "法定代表人", "住所"]
