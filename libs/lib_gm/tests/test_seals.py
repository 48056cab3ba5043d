"""Seals and seal signatures: what is made verifies, what was touched is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib_gm import (
    Issued,
    NotASeal,
    SealFacts,
    check_seal,
    check_signature,
    issue,
    make_root,
    make_seal,
    parse_seal,
    parse_signature,
    sign_with_seal,
    sm3,
)

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ROOT = make_root("演示根证书", valid_from=NOW - YEAR, valid_until=NOW + 9 * YEAR)
MAKER = issue(ROOT, "演示制章者", valid_from=NOW - YEAR, valid_until=NOW + 9 * YEAR)
SIGNER = issue(ROOT, "市场监督管理局", valid_from=NOW - YEAR, valid_until=NOW + 3 * YEAR)
FACTS = SealFacts(
    es_id="4104000000001",
    name="平顶山市市场监督管理局",
    signers=(SIGNER.certificate,),
    created_at=NOW,
    valid_from=NOW,
    valid_until=NOW + YEAR,
    picture=b"\x89PNG",
    width=42,
    height=42,
)
SEAL = make_seal(FACTS, MAKER)
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"


def signed(signer: Issued = SIGNER, seal: bytes = SEAL, when: datetime = NOW) -> bytes:
    return sign_with_seal(seal, sm3(b"Signature.xml"), PATH, signer, when)


def failed(signature: bytes, root: bytes = ROOT.certificate) -> set[str]:
    return {finding.check for finding in check_signature(signature, (root,)) if not finding.ok}


def test_a_seal_says_what_it_was_made_with() -> None:
    assert parse_seal(SEAL) == FACTS


def test_a_signature_says_what_it_signs_and_holds_the_seal_unchanged() -> None:
    facts = parse_signature(signed())
    assert (facts.seal, facts.data_hash, facts.property_info) == (SEAL, sm3(b"Signature.xml"), PATH)
    assert facts.signed_at == NOW


def test_a_good_signature_passes_every_check() -> None:
    assert failed(signed()) == set()


def test_a_signer_outside_the_list_is_found() -> None:
    stranger = issue(ROOT, "别的单位", valid_from=NOW - YEAR, valid_until=NOW + YEAR)
    assert failed(signed(stranger)) == {"signer-listed"}


def test_another_root_trusts_nobody_here() -> None:
    other = make_root("别的根", valid_from=NOW - YEAR, valid_until=NOW + YEAR)
    assert failed(signed(), other.certificate) == {"signer", "seal-maker"}


def test_use_after_the_seals_validity_is_found() -> None:
    assert failed(signed(when=NOW + 2 * YEAR)) == {"seal-validity"}


def test_a_changed_seal_is_found() -> None:
    forged = SEAL.replace("平顶山市市场".encode(), "平顶山市税务".encode())
    assert {f.check for f in check_seal(forged, (ROOT.certificate,), NOW) if not f.ok} == {"seal-signature"}


def test_a_changed_digest_is_found() -> None:
    forged = signed().replace(sm3(b"Signature.xml"), sm3(b"another"))
    assert failed(forged) == {"signature"}


def test_a_seal_made_by_a_stranger_is_found() -> None:
    root = make_root("别的根", valid_from=NOW - YEAR, valid_until=NOW + YEAR)
    maker = issue(root, "别的制章者", valid_from=NOW - YEAR, valid_until=NOW + YEAR)
    assert failed(signed(seal=make_seal(replace(FACTS, name="伪造"), maker))) == {"seal-maker"}


@pytest.mark.parametrize("bytes_", [b"", b"\x30\x00", b"not DER", SEAL[:-1]])
def test_other_bytes_are_refused(bytes_: bytes) -> None:
    with pytest.raises(NotASeal):
        parse_seal(bytes_)


@pytest.mark.parametrize("member", [b"\x05\x00", b"\x30\x00", b"\xa0\x00"])
def test_a_million_members_are_refused_without_being_read(member: bytes) -> None:
    content = member * 1_000_000
    value = b"\x30\x83" + len(content).to_bytes(3, "big") + content
    for read in (parse_seal, parse_signature):
        with pytest.raises(NotASeal):
            read(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x81\x01\x00",
        b"\x30\x85\x00\x00\x00\x00\x00",
        b"\x30\x02\x05",
        b"\x1f\x01\x00",
        b"\x30\x00\x00",
    ],
)
def test_what_is_no_der_is_refused(value: bytes) -> None:
    with pytest.raises(NotASeal):
        parse_signature(value)
