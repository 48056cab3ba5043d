"""X.509 certificates with SM2 keys, signed with SM2-with-SM3 (GM/T 0015, RFC 5280)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, core, keys, x509

from lib_gm._asn1 import SM2_CURVE, SM2_WITH_SM3
from lib_gm._sm2 import Sm2PrivateKey, Sm2PublicKey

# asn1crypto does not know the national names; it is told once, here.
keys.NamedCurve.register("sm2p256v1", SM2_CURVE, 32)
algos.SignedDigestAlgorithmId._map[SM2_WITH_SM3] = "sm2_sm3"
algos.SignedDigestAlgorithmId._reverse_map = None


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key."""

    certificate: bytes
    key: Sm2PrivateKey


def make_root(name: str, *, valid_from: datetime, valid_until: datetime) -> Issued:
    """Return a new self-signed root for certificates and revocation lists."""
    key = Sm2PrivateKey.generate()
    usage = {"key_cert_sign", "crl_sign"}
    der = _build(name, name, key.public_key(), key, usage, True, valid_from, valid_until)
    return Issued(der, key)


def issue(
    root: Issued, name: str, *, valid_from: datetime, valid_until: datetime, organisation: str | None = None
) -> Issued:
    """Return a new end certificate for signing (digitalSignature, nonRepudiation)."""
    key = Sm2PrivateKey.generate()
    usage = {"digital_signature", "non_repudiation"}
    issuer = subject_name(root.certificate)
    der = _build(
        name, issuer, key.public_key(), root.key, usage, False, valid_from, valid_until, organisation
    )
    return Issued(der, key)


def subject_name(certificate: bytes) -> str:
    """Return the common name of the subject."""
    return str(x509.Certificate.load(certificate).subject.native["common_name"])


def public_key_of(certificate: bytes) -> Sm2PublicKey:
    """Return the subject's key. Raises ValueError when it is not an SM2 key."""
    return Sm2PublicKey.from_spki(x509.Certificate.load(certificate).public_key.dump())


def serial_of(certificate: bytes) -> int:
    """Return the serial number."""
    return int(x509.Certificate.load(certificate).serial_number)


def is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    """Return whether the issuer's key signed the certificate and the names fit."""
    parsed, above = x509.Certificate.load(certificate), x509.Certificate.load(issuer)
    if parsed.issuer.dump() != above.subject.dump():
        return False
    signature = parsed["signature_value"].native
    return public_key_of(issuer).verify(signature, parsed["tbs_certificate"].dump())


def is_valid_at(certificate: bytes, moment: datetime) -> bool:
    """Return whether the moment lies in the certificate's validity."""
    validity = x509.Certificate.load(certificate)["tbs_certificate"]["validity"]
    begin: datetime = validity["not_before"].native
    end: datetime = validity["not_after"].native
    return begin <= moment <= end


def may_sign(certificate: bytes) -> bool:
    """Return whether the key usage allows signatures on documents."""
    usage = x509.Certificate.load(certificate).key_usage_value
    return usage is not None and "digital_signature" in usage.native


def _build(
    subject: str,
    issuer: str,
    key: Sm2PublicKey,
    signing_key: Sm2PrivateKey,
    usage: set[str],
    is_root: bool,
    valid_from: datetime,
    valid_until: datetime,
    organisation: str | None = None,
) -> bytes:
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"})
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(63) | 1 << 62,
            "signature": algorithm,
            "issuer": _name(issuer),
            "validity": {"not_before": _time(valid_from), "not_after": _time(valid_until)},
            "subject": _name(subject, organisation),
            "subject_public_key_info": keys.PublicKeyInfo.load(key.spki()),
            "extensions": _extensions(key, signing_key.public_key(), usage, is_root),
        }
    )
    certificate = x509.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": algorithm,
            "signature_value": signing_key.sign(tbs.dump()),
        }
    )
    der: bytes = certificate.dump()
    return der


def _name(common_name: str, organisation: str | None = None) -> x509.Name:
    parts = {"country_name": "CN"}
    if organisation:
        parts["organization_name"] = organisation
    return x509.Name.build({**parts, "common_name": common_name})


def _time(moment: datetime) -> x509.Time:
    utc = moment.astimezone(UTC).replace(microsecond=0)
    if utc.year < 2050:
        return x509.Time({"utc_time": core.UTCTime(utc)})
    return x509.Time({"general_time": core.GeneralizedTime(utc)})


def _extensions(
    key: Sm2PublicKey, issuer_key: Sm2PublicKey, usage: set[str], is_root: bool
) -> list[dict[str, object]]:
    return [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": is_root}},
        {"extn_id": "key_usage", "critical": True, "extn_value": usage},
        {"extn_id": "key_identifier", "critical": False, "extn_value": _key_id(key)},
        {
            "extn_id": "authority_key_identifier",
            "critical": False,
            "extn_value": {"key_identifier": _key_id(issuer_key)},
        },
    ]


def _key_id(key: Sm2PublicKey) -> bytes:
    # RFC 5280 §4.2.1.2 suggests SHA-1 over the key; nothing secret rests on it.
    return hashlib.sha1(key.spki()[-65:], usedforsecurity=False).digest()
