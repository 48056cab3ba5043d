"""What a licence says of its holder, between the encrypted columns and plain text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from svc_license.license.domain import License
from svc_license.license.ports import FieldCipher

HOLDER_NAME = "license.holder_name"
HOLDER_NUMBER = "license.holder_number"
FIELDS = "license.fields"


@dataclass(frozen=True)
class LicenseText:
    """Holder and fields in plain text: never logged, masked before it leaves for anyone but the holder."""

    holder_name: str
    holder_number: str
    fields: Mapping[str, str]


def read_text(license_: License, cipher: FieldCipher) -> LicenseText:
    """Return what a licence says."""
    return LicenseText(
        cipher.decrypt(license_.holder_name, context=HOLDER_NAME),
        cipher.decrypt(license_.holder_number, context=HOLDER_NUMBER),
        json.loads(cipher.decrypt(license_.fields, context=FIELDS)),
    )


def write_text(license_: License, text: LicenseText, cipher: FieldCipher) -> None:
    """Write what a draft is to say. Raises IllegalMove when it is a draft no more."""
    license_.say(
        holder_name=cipher.encrypt(text.holder_name, context=HOLDER_NAME),
        holder_number=cipher.encrypt(text.holder_number, context=HOLDER_NUMBER),
        holder_index=cipher.blind_index(text.holder_number),
        fields=cipher.encrypt(json.dumps(dict(text.fields), ensure_ascii=False), context=FIELDS),
    )
