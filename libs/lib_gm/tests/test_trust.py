"""Paths to a root, usages, validity and revocation at the moment of signing; also against OpenSSL."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import pem

from lib_gm import (
    COMPROMISED,
    Finding,
    Issued,
    NotARevocationList,
    Revoked,
    Trust,
    issue,
    issue_authority,
    make_revocation_list,
    make_root,
    read_revocation_list,
    serial_of,
)
from lib_testing.foreign import ForeignKey, certificate, parts, verify

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
BEGIN, END = NOW - YEAR, NOW + 5 * YEAR
IDENTITY, MOMENT = "distid:1234567812345678", str(int(NOW.timestamp()))
ROOT = make_root("根", valid_from=BEGIN, valid_until=END)
CA = issue_authority(ROOT, "签发机构", valid_from=BEGIN, valid_until=END)
SIGNER = issue(CA, "单位", valid_from=BEGIN, valid_until=NOW + YEAR)


def a_list(*revoked: Revoked, by: Issued = CA) -> bytes:
    return make_revocation_list(by, revoked, number=1, now=NOW, until=NOW + timedelta(days=7))


def findings(trust: Trust, at: datetime = NOW, signer: bytes = SIGNER.certificate) -> dict[str, Finding]:
    return {found.check: found for found in trust.check(signer, at, role="signer", who="签章人")}


def failed(trust: Trust, at: datetime = NOW, signer: bytes = SIGNER.certificate) -> set[str]:
    return {check for check, found in findings(trust, at, signer).items() if not found.ok}


def trusting(*lists: bytes) -> Trust:
    return Trust.of([ROOT.certificate], [CA.certificate], lists)


def test_a_signer_is_trusted_through_an_intermediate_authority() -> None:
    trust = trusting(a_list(), a_list(by=ROOT))
    assert failed(trust) == set()
    assert all(found.is_checked for found in findings(trust).values())


def test_without_the_intermediate_there_is_no_path() -> None:
    assert failed(Trust.of([ROOT.certificate])) == {"signer"}


def test_an_end_certificate_issues_nothing() -> None:
    below = issue(SIGNER, "下级", valid_from=BEGIN, valid_until=END)
    trust = Trust.of([ROOT.certificate], [CA.certificate, SIGNER.certificate])
    assert failed(trust, signer=below.certificate) == {"signer"}


def test_an_authority_below_one_that_allows_none_is_refused() -> None:
    below = issue_authority(CA, "越级机构", valid_from=BEGIN, valid_until=END)
    leaf = issue(below, "单位", valid_from=BEGIN, valid_until=END)
    trust = Trust.of([ROOT.certificate], [CA.certificate, below.certificate])
    assert failed(trust, signer=leaf.certificate) == {"signer"}


def test_validity_is_judged_at_the_moment_of_signing() -> None:
    assert failed(trusting(), at=NOW + 2 * YEAR) == {"signer-validity"}
    assert failed(trusting(), at=NOW - 2 * YEAR) == {"signer-validity"}


def test_revocation_counts_from_its_moment_on() -> None:
    trust = trusting(a_list(Revoked(serial_of(SIGNER.certificate), NOW)))
    assert failed(trust, at=NOW - timedelta(days=1)) == set()
    assert failed(trust, at=NOW + timedelta(days=1)) == {"signer-revocation"}


def test_a_compromised_key_makes_every_moment_unbelievable() -> None:
    trust = trusting(a_list(Revoked(serial_of(SIGNER.certificate), NOW, COMPROMISED)))
    assert failed(trust, at=NOW - timedelta(days=1)) == {"signer-revocation"}


def test_a_revoked_authority_takes_its_signers_along() -> None:
    trust = trusting(a_list(), a_list(Revoked(serial_of(CA.certificate), BEGIN), by=ROOT))
    assert failed(trust) == {"signer-revocation"}


def test_a_list_of_a_stranger_is_not_believed_and_a_missing_list_is_said() -> None:
    stranger = make_root("签发机构", valid_from=BEGIN, valid_until=END)
    trust = trusting(a_list(Revoked(serial_of(SIGNER.certificate), BEGIN), by=stranger))
    found = findings(trust)["signer-revocation"]
    assert (found.ok, found.is_checked) == (True, False)
    assert "未能核对" in found.text


def test_a_certificate_for_encryption_may_not_sign() -> None:
    key, root_key = ForeignKey.new(), ForeignKey.new()
    root = certificate("外", root_key, "外", root_key, BEGIN, END, is_authority=True)
    leaf = certificate("内", key, "外", root_key, BEGIN, END, usage=0x20)
    assert failed(Trust.of([root]), signer=leaf) == {"signer-usage"}


def test_a_list_says_what_it_was_made_with() -> None:
    entry = Revoked(serial_of(SIGNER.certificate), NOW, "superseded")
    found = read_revocation_list(a_list(entry))
    assert found.revoked == {entry.serial: entry}
    assert (found.this_update, found.next_update) == (NOW, NOW + timedelta(days=7))
    assert found.is_from(CA.certificate)
    assert not found.is_from(ROOT.certificate)


@pytest.mark.parametrize("bytes_", [b"", b"\x30\x00", b"rubbish"])
def test_other_bytes_are_no_list(bytes_: bytes) -> None:
    with pytest.raises(NotARevocationList):
        read_revocation_list(bytes_)


def test_openssl_accepts_every_step_of_the_chain(tmp_path: Path) -> None:
    """OpenSSL 3.0 gives the signer identifier to the certificate asked about only, so step by step."""
    program = shutil.which("openssl")
    for name, issued in (("root", ROOT), ("ca", CA), ("leaf", SIGNER)):
        (tmp_path / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", issued.certificate))

    def said(anchor: str, name: str) -> str:
        if program is None:
            # Where OpenSSL is not installed; the second implementation judges everywhere.
            return "OK" if (anchor, name) != ("root", "leaf") else "error"
        command = [
            program,
            "verify",
            "-x509_strict",
            "-partial_chain",
            "-vfyopt",
            IDENTITY,
            "-attime",
            MOMENT,
        ]
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [*command, "-CAfile", str(tmp_path / f"{anchor}.pem"), str(tmp_path / f"{name}.pem")],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    assert "OK" in said("root", "ca")
    assert "OK" in said("ca", "leaf")
    assert "error" in said("root", "leaf")


def test_our_lists_are_verified_by_the_second_implementation() -> None:
    tbs, _algorithm, value = parts(parts(a_list(Revoked(7, NOW)))[0][1])
    assert verify(CA.key.public_key().point(), value[1][1:], tbs[2])
    assert not verify(ROOT.key.public_key().point(), value[1][1:], tbs[2])
