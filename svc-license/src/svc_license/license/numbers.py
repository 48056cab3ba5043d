"""Identifiers of licences, also those issued elsewhere (GB/T 36904)."""

import re
from collections.abc import Collection
from typing import TypedDict

from lib_kernel import LICENSE_ROOT, Invalid, LicenseNumber, is_credit_code

TYPE_CODE = re.compile(r"[0-9A-Z]{18}\d{3}")
ISSUER = re.compile(r"[0-9A-Z]{18}|\d{6}")
SERIAL = re.compile(r"[0-9A-Z]{1,40}")
VERSION = re.compile(r"\d{3}")


class NumberParts(TypedDict):
    """The parts of an identifier with what is to be said of them."""

    type_code: str
    issuer: str
    serial: str
    version: str
    check: str
    is_check_right: bool
    is_ours: bool
    warnings: list[str]


def read_number(text: str, our_types: Collection[str]) -> NumberParts:
    """Return the parts of an identifier.

    A wrong check character is an error on a number of our own types; on those of others it is a warning,
    because published numbers of other places are known to fail.

    Raises:
        Invalid: naming the part that has a wrong form.
    """
    root, parts = text[: len(LICENSE_ROOT) + 1], text[len(LICENSE_ROOT) + 1 :].split(".")
    if root != f"{LICENSE_ROOT}." or len(parts) != 5:
        raise Invalid(
            f"证照标识应为 {LICENSE_ROOT} 后接类型、颁发机构、流水号、版本号、校验位五段", field="number"
        )
    names = ("类型代码", "颁发机构代码", "流水号", "版本号", "校验位")
    forms = (TYPE_CODE, ISSUER, SERIAL, VERSION, re.compile("[0-9A-Z]"))
    for name, form, part in zip(names, forms, parts, strict=True):
        if not form.fullmatch(part):
            raise Invalid(f"{name}格式不正确", field="number")
    number = LicenseNumber(*parts[:4])
    is_right, is_ours = number.check == parts[4], number.type_code in our_types
    if is_ours and not is_right:
        raise Invalid("校验位不正确，请核对证照标识", field="number")
    warnings = [] if is_right else ["校验位不正确"]
    for name, code in (("类型定义机构", number.type_code[:18]), ("颁发机构", number.issuer)):
        if len(code) == 18 and not is_credit_code(code):
            warnings.append(f"{name}的统一社会信用代码校验不通过")
    return {
        "type_code": number.type_code,
        "issuer": number.issuer,
        "serial": number.serial,
        "version": number.version,
        "check": parts[4],
        "is_check_right": is_right,
        "is_ours": is_ours,
        "warnings": warnings,
    }
