"""National numbers, on published values."""

import pytest

from lib_kernel import (
    Invalid,
    LicenseNumber,
    is_citizen_id,
    is_credit_code,
    mask_id,
    mask_name,
    mask_phone,
    mod37_36_check,
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_published_resident_id_numbers_are_accepted(number: str) -> None:
    assert is_citizen_id(number)


@pytest.mark.parametrize(
    "number", ["110105194912310021", "11010519490231002X", "99010519491231002X", "1101051949", "x" * 18]
)
def test_wrong_resident_id_numbers_are_refused(number: str) -> None:
    assert not is_citizen_id(number)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "11410000005184603J", "11370800MB28559184"])
def test_published_credit_codes_are_accepted(code: str) -> None:
    assert is_credit_code(code)
    assert not is_credit_code(code[:-1] + ("0" if code[-1] != "0" else "1"))


def test_letters_that_no_credit_code_has_are_refused() -> None:
    assert not is_credit_code("9135010OM000100Y43")


def test_iso_7064_of_the_published_example() -> None:
    assert mod37_36_check("A12425GABC1234002") == "M"


@pytest.mark.parametrize(
    "text",
    [
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    ],
)
def test_published_licence_identifiers_are_read_and_written(text: str) -> None:
    assert LicenseNumber.parse(text).text == text


@pytest.mark.parametrize(
    "text",
    ["", "1.2.156.3005.2.a", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V"],
)
def test_wrong_licence_identifiers_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        LicenseNumber.parse(text)


def test_masks_hide_the_middle() -> None:
    assert mask_id("11010519491231002X") == "110***********002X"
    assert mask_id("12345") == "*****"
    assert mask_name("欧阳明") == "欧**"
    assert mask_phone("13812345678") == "138****5678"
