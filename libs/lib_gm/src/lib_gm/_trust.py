"""Whether a certificate may be believed: path to a root, usages, validity and revocation at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Self

from asn1crypto import x509

from lib_gm._certificates import is_issued_by, is_valid_at, may_sign, serial_of
from lib_gm._revocation import COMPROMISED, RevocationList, read_revocation_list

LONGEST_PATH = 6
UNDERSTOOD = frozenset(
    {
        "basic_constraints",
        "key_usage",
        "extended_key_usage",
        "subject_alt_name",
        "certificate_policies",
        "key_identifier",
        "authority_key_identifier",
        "crl_distribution_points",
        "authority_information_access",
    }
)


@dataclass(frozen=True)
class Finding:
    """The result of one check, with a sentence for people.

    `is_checked` is false where the check could not be made at all (no revocation list at hand); such a
    finding counts as passed and says so. `files` are the package's files the finding is about.
    """

    check: str
    ok: bool
    text: str
    files: tuple[str, ...] = ()
    is_checked: bool = True


@dataclass(frozen=True)
class Trust:
    """Whom we believe: roots, known intermediate authorities and their revocation lists."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    lists: tuple[RevocationList, ...] = ()

    @classmethod
    def of(
        cls, roots: Iterable[bytes], intermediates: Iterable[bytes] = (), lists: Iterable[bytes] = ()
    ) -> Self:
        """Return the trust in these certificates and lists, all DER. Raises NotARevocationList."""
        return cls(tuple(roots), tuple(intermediates), tuple(read_revocation_list(der) for der in lists))

    def path_of(self, certificate: bytes) -> list[bytes] | None:
        """Return the certificates from this one up to a root; None when there is no path."""
        try:
            return self._climb(certificate, [certificate])
        except (ValueError, TypeError, KeyError):
            return None

    def _climb(self, certificate: bytes, path: list[bytes]) -> list[bytes] | None:
        if certificate in self.roots:
            return path
        if len(path) > LONGEST_PATH:
            return None
        for above in (*self.roots, *self.intermediates):
            if above in path or not _may_issue(above, below=len(path) - 1):
                continue
            if is_issued_by(certificate, above):
                found = self._climb(above, [*path, above])
                if found is not None:
                    return found
        return None

    def check(self, certificate: bytes, at: datetime, *, role: str, who: str) -> list[Finding]:
        """Return the checks of a certificate that signed at a moment, each apart.

        `role` is the stem of the checks' names, `who` the Chinese name of the role.
        """
        path = self.path_of(certificate)
        if path is None:
            return [
                Finding(role, False, f"{who}证书不可信：不能追溯到受信任的根证书"),
                *_validity([certificate], at, role, who),
            ]
        strange = _strange_extensions(path)
        if strange:
            return [Finding(role, False, f"{who}证书含有不能识别的关键扩展"), *_validity(path, at, role, who)]
        usable = may_sign(certificate)
        return [
            Finding(role, True, f"{who}证书可信"),
            Finding(
                f"{role}-usage",
                usable,
                f"{who}证书可用于签名" if usable else f"{who}证书的密钥用途不允许签名",
            ),
            *_validity(path, at, role, who),
            self._revocation(path, at, role, who),
        ]

    def _revocation(self, path: list[bytes], at: datetime, role: str, who: str) -> Finding:
        check, unknown = f"{role}-revocation", False
        for certificate, above in pairwise(path):
            lists = [item for item in self.lists if item.is_from(above)]
            unknown = unknown or not lists
            for item in lists:
                entry = item.revoked.get(serial_of(certificate))
                if entry is None:
                    continue
                day = entry.at.date().isoformat()
                if entry.reason == COMPROMISED:
                    # Whoever has the key can write any time into a signature.
                    return Finding(check, False, f"{who}证书因密钥泄露于 {day} 吊销，其签名时间不可采信")
                if entry.at <= at:
                    return Finding(check, False, f"签名时{who}证书已吊销（{day}）")
        if unknown:
            return Finding(
                check, True, f"没有颁发机构的吊销列表，未能核对{who}证书是否吊销", is_checked=False
            )
        return Finding(check, True, f"签名时{who}证书未被吊销")


def _may_issue(certificate: bytes, *, below: int) -> bool:
    """Return whether an authority may stand in a path with `below` authorities under it."""
    parsed = x509.Certificate.load(certificate)
    if not parsed.ca:
        return False
    usage = parsed.key_usage_value
    if usage is not None and "key_cert_sign" not in usage.native:
        return False
    return parsed.max_path_length is None or parsed.max_path_length >= below


def _strange_extensions(path: list[bytes]) -> bool:
    return any(
        extension["critical"].native and extension["extn_id"].native not in UNDERSTOOD
        for certificate in path
        for extension in x509.Certificate.load(certificate)["tbs_certificate"]["extensions"]
    )


def _validity(path: list[bytes], at: datetime, role: str, who: str) -> list[Finding]:
    try:
        valid = all(is_valid_at(certificate, at) for certificate in path)
    except (ValueError, TypeError, KeyError):
        valid = False
    text = f"签名时{who}证书在有效期内" if valid else f"签名时{who}证书（或其上级）不在有效期"
    return [Finding(f"{role}-validity", valid, text)]
