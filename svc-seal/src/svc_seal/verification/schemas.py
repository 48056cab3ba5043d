"""Request and response bodies of verification."""

from pydantic import BaseModel, ConfigDict

from svc_seal.seal.schemas import CityTime


class FindingOut(BaseModel):
    """One check: `files` are those concerned, `is_checked` is false where it was not possible."""

    model_config = ConfigDict(from_attributes=True)

    check: str
    ok: bool
    text: str
    files: list[str]
    is_checked: bool


class SignatureOut(BaseModel):
    """A signature: `form` names its standard, `seal_status` is the register's word on the seal today."""

    valid: bool
    form: str
    seal_code: str
    seal_name: str
    seal_status: str
    signer: str
    signed_at: CityTime | None
    findings: list[FindingOut]


class VerificationOut(BaseModel):
    """Whether the file has a seal and all its seals are good; `text` says so in a sentence."""

    valid: bool
    text: str
    signatures: list[SignatureOut]
