"""Certificates for PDF signatures: P-256, because PDF readers and pyHanko know no SM2."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from svc_seal.keys import SoftwareKeys
from svc_seal.keys.master import only_one, write_secret

ROOT_NAME = "平顶山市政务服务 PDF 签名根证书（P-256）"
LIST_PATH = "/public/v1/pdf-revocation-list"
ROOT_VALIDITY = timedelta(days=20 * 365)
LEAF_VALIDITY = timedelta(days=5 * 365)


@dataclass(frozen=True)
class TimeStamps:
    """Time-stamp authorities (RFC 3161): that at `url` stamps files, those under `roots` are believed."""

    url: str = ""
    roots: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, url: str, roots_file: Path | None) -> Self:
        """Return them from the settings. Raises ValueError: the file holds no certificates."""
        if roots_file is None:
            return cls(url)
        found = x509.load_pem_x509_certificates(roots_file.read_bytes())
        return cls(url, tuple(item.public_bytes(serialization.Encoding.DER) for item in found))


@dataclass(frozen=True)
class PdfAuthority:
    """A P-256 root that issues one certificate for each seal. `certificate` is DER.

    `list_url` is where its revocation list is for everyone, and stands in what it issues.
    """

    certificate: bytes
    key: ec.EllipticCurvePrivateKey
    software: SoftwareKeys
    list_url: str = ""
    time_stamps: TimeStamps = TimeStamps()

    def issue(self, name: str, code: str, now: datetime) -> tuple[bytes, bytes]:
        """Return certificate and wrapped key of a seal's PDF signer."""
        key = ec.generate_private_key(ec.SECP256R1())
        root = x509.load_der_x509_certificate(self.certificate)
        builder = _builder(_name(f"{name} {code}", name), root.subject, key.public_key(), now, LEAF_VALIDITY)
        if self.list_url:
            where = x509.DistributionPoint([x509.UniformResourceIdentifier(self.list_url)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([where]), critical=False)
        certificate = _signed(
            builder,
            key_usage=_usage(is_authority=False),
            is_authority=False,
            signing_key=self.key,
        )
        return certificate, self.software.master.wrap(_private(key), f"pdf:{code}")

    def revocation_list(
        self, entries: Iterable[tuple[int, datetime, str]], number: int, now: datetime, until: datetime
    ) -> bytes:
        """Return a list (RFC 5280, DER) of serial numbers with moment and reason of their revocation."""
        root = x509.load_der_x509_certificate(self.certificate)
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.subject)
            .last_update(now)
            .next_update(until)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(above, critical=False)
        )
        for serial, at, reason in entries:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            if reason != x509.ReasonFlags.unspecified.name:
                # An unspecified reason is left out (RFC 5280 §5.3.1).
                entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags[reason]), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def open_pdf_authority(
    folder: Path,
    software: SoftwareKeys,
    now: datetime,
    origin: str = "",
    time_stamps: TimeStamps = TimeStamps(),  # frozen
) -> PdfAuthority:
    """Return the authority in the folder; a folder without one gets one. `origin` is the city's address."""
    certificate, wrapped = folder / "pdf-root.cer", folder / "pdf-root.key"
    if not certificate.exists():
        with only_one(folder):
            _create_missing(certificate, wrapped, software, now)
    private = serialization.load_der_private_key(
        software.master.unwrap(wrapped.read_bytes(), "pdf-root"), password=None
    )
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError("pdf-root.key is no P-256 key")
    where = f"{origin.rstrip('/')}{LIST_PATH}" if origin else ""
    return PdfAuthority(certificate.read_bytes(), private, software, where, time_stamps)


def _create_missing(certificate: Path, wrapped: Path, software: SoftwareKeys, now: datetime) -> None:
    if not certificate.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(ROOT_NAME)
        der = _signed(
            _builder(name, name, key.public_key(), now, ROOT_VALIDITY),
            key_usage=_usage(is_authority=True),
            is_authority=True,
            signing_key=key,
        )
        write_secret(wrapped, software.master.wrap(_private(key), "pdf-root"))
        write_secret(certificate, der)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    validity: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder,
    *,
    key_usage: x509.KeyUsage,
    is_authority: bool,
    signing_key: ec.EllipticCurvePrivateKey,
) -> bytes:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    return (
        builder.add_extension(constraints, critical=True)
        .add_extension(key_usage, critical=True)
        .add_extension(authority, critical=False)
        .sign(signing_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
