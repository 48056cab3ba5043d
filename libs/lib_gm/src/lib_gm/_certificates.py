"""X.509 certificates with SM2 keys, signed with SM2-with-SM3 (GM/T 0015, RFC 5280): made and read."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from asn1crypto import algos, core, keys, x509

from lib_gm import _asn1  # noqa: F401 - teaches asn1crypto the national names
from lib_gm._sm2 import Sm2PrivateKey, Sm2PublicKey


class SigningKey(Protocol):
    """A private key that signs with SM2-with-SM3, in this process or in a device."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, DER r and s."""
        ...

    def public_key(self) -> Sm2PublicKey:
        """Return the public half."""
        ...


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key."""

    certificate: bytes
    key: SigningKey


def make_root(
    name: str, *, valid_from: datetime, valid_until: datetime, key: SigningKey | None = None
) -> Issued:
    """Return a new self-signed root for certificates and revocation lists."""
    key = key or Sm2PrivateKey.generate()
    usage = {"key_cert_sign", "crl_sign"}
    subject = _name(name)
    der = _build(subject, subject, key.public_key(), key, usage, True, None, valid_from, valid_until)
    return Issued(der, key)


def issue(
    issuer: Issued,
    name: str,
    *,
    valid_from: datetime,
    valid_until: datetime,
    organisation: str | None = None,
    key: SigningKey | None = None,
) -> Issued:
    """Return a new end certificate for signing (digitalSignature, nonRepudiation)."""
    key = key or Sm2PrivateKey.generate()
    usage = {"digital_signature", "non_repudiation"}
    subject = _name(name, organisation)
    der = _build(
        subject,
        x509.Certificate.load(issuer.certificate).subject,
        key.public_key(),
        issuer.key,
        usage,
        False,
        None,
        valid_from,
        valid_until,
    )
    return Issued(der, key)


def issue_authority(
    issuer: Issued,
    name: str,
    *,
    valid_from: datetime,
    valid_until: datetime,
    key: SigningKey | None = None,
) -> Issued:
    """Return a new intermediate authority that issues end certificates only (pathLenConstraint 0)."""
    key = key or Sm2PrivateKey.generate()
    usage = {"key_cert_sign", "crl_sign"}
    above = x509.Certificate.load(issuer.certificate).subject
    der = _build(_name(name), above, key.public_key(), issuer.key, usage, True, 0, valid_from, valid_until)
    return Issued(der, key)


def subject_name(certificate: bytes) -> str:
    """Return the common name of the subject, the whole name where it has none."""
    subject = x509.Certificate.load(certificate).subject
    return str(subject.native.get("common_name") or subject.human_friendly)


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
    begin, end = validity_of(certificate)
    return begin <= moment <= end


def validity_of(certificate: bytes) -> tuple[datetime, datetime]:
    """Return the first and the last moment of the certificate's validity."""
    validity = x509.Certificate.load(certificate)["tbs_certificate"]["validity"]
    return validity["not_before"].native, validity["not_after"].native


def may_sign(certificate: bytes) -> bool:
    """Return whether the key usage allows signatures on documents."""
    usage = x509.Certificate.load(certificate).key_usage_value
    return usage is not None and bool({"digital_signature", "non_repudiation"} & usage.native)


def _build(
    subject: x509.Name,
    issuer: x509.Name,
    key: Sm2PublicKey,
    signing_key: SigningKey,
    usage: set[str],
    is_authority: bool,
    path_length: int | None,
    valid_from: datetime,
    valid_until: datetime,
) -> bytes:
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"})
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(63) | 1 << 62,
            "signature": algorithm,
            "issuer": issuer,
            "validity": {"not_before": as_time(valid_from), "not_after": as_time(valid_until)},
            "subject": subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(key.spki()),
            "extensions": _extensions(key, signing_key.public_key(), usage, is_authority, path_length),
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


def as_time(moment: datetime) -> x509.Time:
    """Return a moment as RFC 5280 writes it: UTCTime before 2050."""
    utc = moment.astimezone(UTC).replace(microsecond=0)
    if utc.year < 2050:
        return x509.Time({"utc_time": core.UTCTime(utc)})
    return x509.Time({"general_time": core.GeneralizedTime(utc)})


def _extensions(
    key: Sm2PublicKey,
    issuer_key: Sm2PublicKey,
    usage: set[str],
    is_authority: bool,
    path_length: int | None,
) -> list[dict[str, object]]:
    constraints: dict[str, object] = {"ca": is_authority}
    if path_length is not None:
        constraints["path_len_constraint"] = path_length
    return [
        {"extn_id": "basic_constraints", "critical": True, "extn_value": constraints},
        {"extn_id": "key_usage", "critical": True, "extn_value": usage},
        {"extn_id": "key_identifier", "critical": False, "extn_value": key_id(key)},
        {
            "extn_id": "authority_key_identifier",
            "critical": False,
            "extn_value": {"key_identifier": key_id(issuer_key)},
        },
    ]


def key_id(key: Sm2PublicKey) -> bytes:
    """Return the key identifier (RFC 5280 §4.2.1.2 suggests SHA-1; nothing secret rests on it)."""
    return hashlib.sha1(key.spki()[-65:], usedforsecurity=False).digest()
