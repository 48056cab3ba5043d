"""National numbers and their check characters: resident ID, credit code, licence identifier."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from lib_kernel._errors import Invalid

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PROVINCES = frozenset(
    str(code)
    for begin, end in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(begin, end + 1)
)
LICENSE_ROOT = "1.2.156.3005.2"


def is_citizen_id(number: str) -> bool:
    """Return whether the text is a well-formed resident ID number (GB 11643, 18 characters)."""
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[:2] not in _PROVINCES:
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return citizen_id_check(number[:17]) == number[17]


def citizen_id_check(first_17: str) -> str:
    """Return the check character of a resident ID number."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def is_credit_code(code: str) -> bool:
    """Return whether the text is a unified social credit code with a right check character (GB 32100)."""
    if len(code) != 18 or any(character not in _CREDIT_ALPHABET for character in code):
        return False
    return credit_code_check(code[:17]) == code[17]


def credit_code_check(first_17: str) -> str:
    """Return the check character of a unified social credit code."""
    total = sum(
        _CREDIT_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first_17)
    )
    return _CREDIT_ALPHABET[-total % 31]


def mod37_36_check(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of digits and capital letters."""
    product = 36
    for character in text:
        total = (product + _ALPHANUMERIC.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHANUMERIC[(37 - product) % 36]


@dataclass(frozen=True)
class LicenseNumber:
    """Identifier of an electronic licence (电子证照标识, GB/T 36904).

    `type_code`: credit code of the body that defines the type and 3 digits; `issuer`: credit code of the
    issuing body; `serial`: digits and capital letters; `version`: 3 digits.
    """

    type_code: str
    issuer: str
    serial: str
    version: str = "001"

    @property
    def check(self) -> str:
        """Return the check character over the four parts."""
        return mod37_36_check(self.type_code + self.issuer + self.serial + self.version)

    @property
    def text(self) -> str:
        """Return the whole identifier with its root."""
        parts = (LICENSE_ROOT, self.type_code, self.issuer, self.serial, self.version, self.check)
        return ".".join(parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier.

        Raises:
            Invalid: it has another form or a wrong check character.
        """
        prefix, parts = text[: len(LICENSE_ROOT) + 1], text[len(LICENSE_ROOT) + 1 :].split(".")
        form_ok = prefix == LICENSE_ROOT + "." and len(parts) == 5
        if not form_ok or not all(part and set(part) <= set(_ALPHANUMERIC) for part in parts):
            raise Invalid("证照标识格式不正确", field="license_number")
        found = cls(*parts[:4])
        if found.check != parts[4]:
            raise Invalid("证照标识校验位不正确", field="license_number")
        return found


def mask_id(number: str) -> str:
    """Return an ID number with all but three leading and four trailing characters hidden."""
    return number[:3] + "*" * max(0, len(number) - 7) + number[-4:] if len(number) > 7 else "*" * len(number)


def mask_name(name: str) -> str:
    """Return a name with all but its first character hidden."""
    return name[:1] + "*" * max(1, len(name) - 1)


def mask_phone(phone: str) -> str:
    """Return a phone number with its middle hidden."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)
