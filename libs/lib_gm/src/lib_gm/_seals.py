"""Seals and seal signatures by GB/T 38540-2020: make, parse, verify over the received bytes."""

from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core

from lib_gm._asn1 import (
    SM2_WITH_SM3,
    SesSeal,
    SesSealInfo,
    SesSignature,
    TbsSign,
)
from lib_gm._certificates import Issued, is_issued_by, is_valid_at, may_sign, public_key_of

V4 = 4
UNIT_SEAL = 1
MAKER_ID = "CITY"


class NotASeal(ValueError):
    """The bytes are no V4 seal or signature."""


@dataclass(frozen=True)
class Finding:
    """The result of one check, with a sentence for people."""

    check: str
    ok: bool
    text: str


@dataclass(frozen=True)
class SealFacts:
    """What a seal says. `picture` is a PNG, `width` and `height` are millimetres."""

    es_id: str
    name: str
    signers: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    picture: bytes
    width: int
    height: int


@dataclass(frozen=True)
class SignatureFacts:
    """What a seal signature says; `seal` is the embedded seal byte for byte."""

    seal: bytes
    signer: bytes
    signed_at: datetime
    data_hash: bytes
    property_info: str


def make_seal(facts: SealFacts, maker: Issued) -> bytes:
    """Return the seal in DER, signed by its maker."""
    info = SesSealInfo(
        {
            "header": {"id": "ES", "version": V4, "vid": MAKER_ID},
            "es_id": facts.es_id,
            "property": {
                "type": UNIT_SEAL,
                "name": facts.name,
                "cert_list_type": 1,
                "cert_list": list(facts.signers),
                "create_date": _whole(facts.created_at),
                "valid_start": _whole(facts.valid_from),
                "valid_end": _whole(facts.valid_until),
            },
            "picture": {
                "type": "PNG",
                "data": facts.picture,
                "width": facts.width,
                "height": facts.height,
            },
        }
    )
    seal = SesSeal(
        {
            "seal_info": info,
            "cert": maker.certificate,
            "sign_alg": SM2_WITH_SM3,
            "signed_value": maker.key.sign(info.dump()),
        }
    )
    der: bytes = seal.dump()
    return der


def parse_seal(der: bytes) -> SealFacts:
    """Return what a seal says. Raises NotASeal."""
    try:
        info = SesSeal.load(der, strict=True)["seal_info"]
        if info["header"]["version"].native != V4:
            raise NotASeal("only seals of GB/T 38540-2020 (V4) can be read")
        about = info["property"].native
        picture = info["picture"].native
    except (ValueError, TypeError, KeyError) as error:
        raise NotASeal("no seal of GB/T 38540-2020") from error
    return SealFacts(
        es_id=info["es_id"].native,
        name=about["name"],
        signers=tuple(about["cert_list"]),
        created_at=about["create_date"],
        valid_from=about["valid_start"],
        valid_until=about["valid_end"],
        picture=picture["data"],
        width=picture["width"],
        height=picture["height"],
    )


def sign_with_seal(
    seal: bytes, data_hash: bytes, property_info: str, signer: Issued, when: datetime
) -> bytes:
    """Return SES_Signature in DER over a document's digest.

    `data_hash` is the SM3 of `Signature.xml`, `property_info` its absolute path in the package.
    """
    to_sign = TbsSign(
        {
            "version": V4,
            "eseal": SesSeal.load(seal),
            "time_info": _whole(when),
            "data_hash": data_hash,
            "property_info": property_info,
        }
    )
    signature = SesSignature(
        {
            "to_sign": to_sign,
            "cert": signer.certificate,
            "signature_alg": SM2_WITH_SM3,
            "signature": signer.key.sign(to_sign.dump()),
        }
    )
    der: bytes = signature.dump()
    return der


def parse_signature(der: bytes) -> SignatureFacts:
    """Return what a signature says. Raises NotASeal."""
    try:
        parsed = SesSignature.load(der, strict=True)
        to_sign = parsed["to_sign"]
        return SignatureFacts(
            seal=to_sign["eseal"].dump(),
            signer=parsed["cert"].native,
            signed_at=to_sign["time_info"].native,
            data_hash=to_sign["data_hash"].native,
            property_info=to_sign["property_info"].native,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise NotASeal("no signature of GB/T 38540-2020") from error


def check_seal(der: bytes, roots: tuple[bytes, ...], used_at: datetime) -> list[Finding]:
    """Return the checks of a seal (GB/T 38540 verification of a seal), each apart. Raises NotASeal."""
    facts = parse_seal(der)
    seal = SesSeal.load(der)
    maker = seal["cert"].native
    good = _verifies(maker, seal["signed_value"].native, seal["seal_info"].dump())
    trusted = any(is_issued_by(maker, root) for root in roots)
    in_time = is_valid_at(maker, facts.created_at)
    usable = facts.valid_from <= used_at <= facts.valid_until
    return [
        Finding("seal-signature", good, _say(good, "印章由制章者签名，未被改动", "印章内容被改动")),
        Finding("seal-maker", trusted, _say(trusted, "制章者证书可信", "制章者证书不可信")),
        Finding("seal-maker-validity", in_time, _say(in_time, "制章时证书有效", "制章时证书不在有效期")),
        Finding("seal-validity", usable, _say(usable, "签章时印章在有效期内", "签章时印章不在有效期内")),
    ]


def check_signature(der: bytes, roots: tuple[bytes, ...]) -> list[Finding]:
    """Return the checks of a signature and of the seal in it, each apart. Raises NotASeal."""
    facts = parse_signature(der)
    parsed = SesSignature.load(der)
    good = _verifies(facts.signer, parsed["signature"].native, parsed["to_sign"].dump())
    listed = facts.signer in parse_seal(facts.seal).signers
    trusted = any(is_issued_by(facts.signer, root) for root in roots) and may_sign(facts.signer)
    in_time = is_valid_at(facts.signer, facts.signed_at)
    return [
        Finding("signature", good, _say(good, "签名有效", "签名无效或签章被改动")),
        Finding("signer-listed", listed, _say(listed, "签章人在印章授权名单中", "签章人不在印章授权名单中")),
        Finding("signer", trusted, _say(trusted, "签章人证书可信", "签章人证书不可信")),
        Finding("signer-validity", in_time, _say(in_time, "签章时证书有效", "签章时证书不在有效期")),
        *check_seal(facts.seal, roots, facts.signed_at),
    ]


def _verifies(certificate: bytes, signature: bytes, message: bytes) -> bool:
    try:
        return public_key_of(certificate).verify(signature, message)
    except ValueError:
        return False


def _say(ok: bool, good: str, bad: str) -> str:
    return good if ok else bad


def _whole(moment: datetime) -> core.GeneralizedTime:
    # The standard's times are UTC without a fraction.
    return core.GeneralizedTime(moment.astimezone(UTC).replace(microsecond=0))
