"""Judges seals and signatures over the received bytes, each check apart (GB/T 38540 verification)."""

import hashlib
from datetime import datetime

from lib_gm._asn1 import SM2_WITH_SM3, SM3
from lib_gm._certificates import public_key_of
from lib_gm._seals import (
    Signed,
    parse_seal,
    parse_signature,
    signed_part_of_seal,
    signed_part_of_signature,
    stamp_content,
)
from lib_gm._trust import Finding, Trust

# Some makers name only the curve's signature family, without the digest.
ALGORITHMS = frozenset({SM2_WITH_SM3, "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"})
IMPRINTS = {SM3: "sm3", "sm3": "sm3", "sha256": "sha256", "sha1": "sha1", "sha512": "sha512"}


def check_seal(der: bytes, trust: Trust | tuple[bytes, ...], used_at: datetime) -> list[Finding]:
    """Return the checks of a seal used at a moment, each apart. Raises NotASeal."""
    facts, signed = parse_seal(der), signed_part_of_seal(der)
    usable = facts.valid_from <= used_at <= facts.valid_until
    return [
        Finding("seal-format", True, f"印章格式为 {facts.generation.title}（V{facts.generation.value}）"),
        _signature(signed, "seal-signature", "印章由制章者签名，未被改动", "印章内容被改动"),
        *_as_trust(trust).check(signed.certificate, facts.created_at, role="seal-maker", who="制章者"),
        Finding("seal-validity", usable, "签章时印章在有效期内" if usable else "签章时印章不在有效期内"),
        *_time_stamp(signed, "seal-time-stamp"),
    ]


def check_signature(der: bytes, trust: Trust | tuple[bytes, ...]) -> list[Finding]:
    """Return the checks of a signature and of the seal in it, each apart. Raises NotASeal."""
    facts, signed = parse_signature(der), signed_part_of_signature(der)
    listed = parse_seal(facts.seal).names(facts.signer)
    return [
        Finding("format", True, f"签章格式为 {facts.generation.title}（V{facts.generation.value}）"),
        _signature(signed, "signature", "签名有效", "签名无效或签章被改动"),
        Finding("signer-listed", listed, "签章人在印章授权名单中" if listed else "签章人不在印章授权名单中"),
        *_as_trust(trust).check(facts.signer, facts.signed_at, role="signer", who="签章人"),
        *_time_stamp(signed, "time-stamp"),
        *check_seal(facts.seal, trust, facts.signed_at),
    ]


def _as_trust(trust: Trust | tuple[bytes, ...]) -> Trust:
    return trust if isinstance(trust, Trust) else Trust(trust)


def _signature(signed: Signed, check: str, good: str, bad: str) -> Finding:
    if signed.algorithm not in ALGORITHMS:
        return Finding(check, False, f"签名算法 {signed.algorithm} 不受支持，只接受 SM2")
    ok = any(verifies(signed.certificate, signed.signature, message) for message in signed.messages)
    return Finding(check, ok, good if ok else bad)


def verifies(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the certificate's SM2 key signed the message."""
    try:
        return public_key_of(certificate).verify(signature, message)
    except (ValueError, TypeError, KeyError):
        return False


def _time_stamp(signed: Signed, check: str) -> list[Finding]:
    """Judge a time stamp by its imprint; its authority is not known here, which the text says."""
    if signed.time_stamp is None:
        return []
    try:
        content = stamp_content(signed.time_stamp)
        imprint = content["message_imprint"]
        name = IMPRINTS[imprint["hash_algorithm"]["algorithm"].native]
        ok = hashlib.new(name, signed.signature).digest() == imprint["hashed_message"].native
        moment = content["gen_time"].native.isoformat()
    except (ValueError, TypeError, KeyError):
        return [Finding(check, False, "时间戳不能识别")]
    if not ok:
        return [Finding(check, False, "时间戳与签名不符")]
    return [Finding(check, True, f"时间戳与签名相符（{moment}，未核对时间戳机构）", is_checked=False)]
