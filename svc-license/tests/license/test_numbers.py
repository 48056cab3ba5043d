"""Identifiers round-trip, wrong check characters never pass, and numbers of others are judged rightly."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_kernel import Invalid, LicenseNumber
from svc_license.license.numbers import read_number

LETTERS = string.digits + string.ascii_uppercase
type_codes = st.text(LETTERS, min_size=18, max_size=18).map(lambda body: f"{body}001")
issuers = st.text(LETTERS, min_size=18, max_size=18) | st.text(string.digits, min_size=6, max_size=6)
numbers = st.builds(
    LicenseNumber,
    type_codes,
    issuers,
    st.text(LETTERS, min_size=1, max_size=32),
    st.integers(1, 999).map(lambda version: f"{version:03d}"),
)


@given(numbers)
def test_any_number_round_trips(number: LicenseNumber) -> None:
    assert LicenseNumber.parse(number.text) == number
    parts = read_number(number.text, {number.type_code})
    assert LicenseNumber(parts["type_code"], parts["issuer"], parts["serial"], parts["version"]) == number
    assert parts["is_check_right"]


@given(numbers, st.sampled_from(LETTERS))
def test_a_wrong_check_character_never_passes(number: LicenseNumber, check: str) -> None:
    if check == number.check:
        return
    wrong = number.text[:-1] + check
    with pytest.raises(Invalid):
        LicenseNumber.parse(wrong)
    with pytest.raises(Invalid, match="校验位"):
        read_number(wrong, {number.type_code})
    assert not read_number(wrong, set())["is_check_right"]


@given(numbers, st.data())
def test_one_changed_character_is_always_found(number: LicenseNumber, data: st.DataObject) -> None:
    body = number.type_code + number.issuer + number.serial + number.version
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from(LETTERS).filter(lambda letter: letter != body[place]))
    changed = body[:place] + other + body[place + 1 :]
    cuts = [len(number.type_code), len(number.issuer), len(number.serial)]
    first, second, third = cuts[0], sum(cuts[:2]), sum(cuts)
    parts = (changed[:first], changed[first:second], changed[second:third], changed[third:])
    assert LicenseNumber(*parts).check != number.check


@pytest.mark.parametrize(
    "text",
    [
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    ],
)
def test_published_numbers_of_other_places_are_right(text: str) -> None:
    parts = read_number(text, set())
    assert parts["is_check_right"]
    assert not parts["is_ours"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.156.3005.2",
        "1.2.156.3005.2.11100000000013338W011.1143.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.2023-403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.1.U",
        "1.2.156.3005.3.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.short.11430000006122244L.20230000403.001.U",
    ],
)
def test_other_forms_are_refused_naming_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_number(text, set())
    assert refused.value.facts["field"] == "number"
