"""Revocation lists (CRL, RFC 5280 §5) signed with SM2-with-SM3: made and read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, core, crl, x509

from lib_gm._certificates import Issued, as_time, key_id, public_key_of

COMPROMISED = "key_compromise"
REASONS = frozenset(
    {"unspecified", COMPROMISED, "affiliation_changed", "superseded", "cessation_of_operation"}
)


@dataclass(frozen=True)
class Revoked:
    """A certificate withdrawn before its end; `reason` is one of REASONS."""

    serial: int
    at: datetime
    reason: str = "unspecified"


@dataclass(frozen=True)
class RevocationList:
    """What a list says, read back; `is_genuine` is decided by `issued_by`."""

    der: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    revoked: dict[int, Revoked]

    def is_from(self, authority: bytes) -> bool:
        """Return whether the authority's key signed the list, the names fit and it may sign lists."""
        certificate = x509.Certificate.load(authority)
        usage = certificate.key_usage_value
        if certificate.subject.dump() != self.issuer or (usage and "crl_sign" not in usage.native):
            return False
        parsed = crl.CertificateList.load(self.der)
        try:
            key = public_key_of(authority)
        except ValueError:
            return False
        return key.verify(parsed["signature"].native, parsed["tbs_cert_list"].dump())


class NotARevocationList(ValueError):
    """The bytes are no CRL."""


def make_revocation_list(
    authority: Issued, revoked: Iterable[Revoked], *, number: int, now: datetime, until: datetime
) -> bytes:
    """Return a CRL of the authority in DER; `number` must grow from list to list."""
    certificate = x509.Certificate.load(authority.certificate)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"})
    content: dict[str, object] = {
        "version": "v2",
        "signature": algorithm,
        "issuer": certificate.subject,
        "this_update": as_time(now),
        "next_update": as_time(until),
        "crl_extensions": [
            {
                "extn_id": "authority_key_identifier",
                "extn_value": {"key_identifier": key_id(authority.key.public_key())},
            },
            {"extn_id": "crl_number", "extn_value": core.Integer(number)},
        ],
    }
    entries = [_entry(item) for item in revoked]
    if entries:
        content["revoked_certificates"] = entries
    tbs = crl.TbsCertList(content)
    signed = crl.CertificateList(
        {
            "tbs_cert_list": tbs,
            "signature_algorithm": algorithm,
            "signature": authority.key.sign(tbs.dump()),
        }
    )
    der: bytes = signed.dump()
    return der


def read_revocation_list(der: bytes) -> RevocationList:
    """Return what a list says. Raises NotARevocationList."""
    try:
        parsed = crl.CertificateList.load(der, strict=True)
        tbs = parsed["tbs_cert_list"]
        entries = [] if tbs["revoked_certificates"].native is None else tbs["revoked_certificates"]
        revoked = [
            Revoked(
                int(entry["user_certificate"].native),
                entry["revocation_date"].native.astimezone(UTC),
                entry.crl_reason_value.native if entry.crl_reason_value else "unspecified",
            )
            for entry in entries
        ]
        return RevocationList(
            der,
            tbs["issuer"].dump(),
            tbs["this_update"].native,
            tbs["next_update"].native,
            {item.serial: item for item in revoked},
        )
    except (ValueError, TypeError, KeyError) as error:
        raise NotARevocationList("no revocation list") from error


def _entry(item: Revoked) -> dict[str, object]:
    if item.reason not in REASONS:
        raise ValueError("no reason of a revocation list")
    entry: dict[str, object] = {
        "user_certificate": item.serial,
        "revocation_date": as_time(item.at),
    }
    if item.reason != "unspecified":
        entry["crl_entry_extensions"] = [{"extn_id": "crl_reason", "extn_value": item.reason}]
    return entry
