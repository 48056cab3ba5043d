"""Seals of other makers and generations, made by the second implementation; ours, verified by it."""

from datetime import UTC, datetime, timedelta

import pytest

from lib_gm import (
    Finding,
    Generation,
    Issued,
    SealFacts,
    Sm2PrivateKey,
    Trust,
    check_signature,
    check_signed_data,
    issue,
    make_root,
    make_seal,
    parse_seal,
    parse_signature,
    parse_signed_data,
    sign_with_seal,
    signature_from_raw,
    signed_digest,
)
from lib_testing import foreign
from lib_testing.foreign import ForeignMaker, parts

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)
MAKER = ForeignMaker.at(NOW)
TRUST = Trust.of([MAKER.root])
DIGEST = foreign.sm3(b"Signature.xml")
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"
STYLES = [
    (1, ""),
    (1, "bare"),
    (4, ""),
    (4, "digests"),
    (4, "extended"),
    (4, "tagged"),
    (4, "stamped"),
    (5, ""),
    (5, "stamped"),
    (5, "digests"),
]


def failed(findings: list[Finding]) -> set[str]:
    return {finding.check for finding in findings if not finding.ok}


@pytest.mark.parametrize(("version", "style"), STYLES)
def test_signatures_of_every_generation_are_read_named_and_verified(version: int, style: str) -> None:
    signature = MAKER.signature(version, DIGEST, PATH, style=style)
    facts, seal = parse_signature(signature), parse_seal(MAKER.seal(version, style=style))
    assert facts.generation is seal.generation is Generation(version)
    assert (facts.data_hash, facts.property_info, facts.signed_at) == (DIGEST, PATH, NOW)
    assert (seal.name, seal.es_id, seal.width) == ("外省市场监督管理局", "4201000000077", 40)
    findings = check_signature(signature, TRUST)
    assert failed(findings) == set()
    assert any(Generation(version).title in finding.text for finding in findings)


@pytest.mark.parametrize(("version", "style"), STYLES)
def test_a_changed_name_breaks_seal_and_signature_of_every_generation(version: int, style: str) -> None:
    signature = MAKER.signature(version, DIGEST, PATH, style=style)
    forged = signature.replace("外省市场".encode(), "外省税务".encode())
    assert forged != signature
    assert {"signature", "seal-signature"} <= failed(check_signature(forged, TRUST))


def test_a_time_stamp_over_another_signature_is_found() -> None:
    signature = MAKER.signature(5, DIGEST, PATH, style="stamped")
    imprint = foreign.sm3(parts(parts(parts(signature)[0][1])[3][1][1:])[0][2])
    assert imprint in signature
    forged = signature.replace(imprint, foreign.sm3(b"another"))
    assert failed(check_signature(forged, TRUST)) == {"time-stamp"}


def test_plain_signatures_are_verified_and_changes_found() -> None:
    found = parse_signed_data(MAKER.signed_data(DIGEST))
    assert failed(check_signed_data(found, b"Signature.xml", TRUST, NOW)) == set()
    assert failed(check_signed_data(found, b"another", TRUST, NOW)) == {"digest"}


def ours() -> tuple[bytes, bytes, Issued, Issued]:
    root = make_root("根", valid_from=NOW, valid_until=NOW + timedelta(days=9))
    maker = issue(root, "制章者", valid_from=NOW, valid_until=NOW + timedelta(days=9))
    signer = issue(root, "签章人", valid_from=NOW, valid_until=NOW + timedelta(days=9))
    facts = SealFacts("41", "章", (signer.certificate,), NOW, NOW, NOW + timedelta(days=1), b"png", 42, 42)
    seal = make_seal(facts, maker)
    return seal, sign_with_seal(seal, DIGEST, PATH, signer, NOW), maker, signer


def point(issued: Issued) -> bytes:
    return issued.key.public_key().point()


def test_what_we_write_is_verified_by_the_second_implementation() -> None:
    seal, signature, maker, signer = ours()
    info, by, algorithm, value = parts(parts(seal)[0][1])
    assert foreign.verify(point(maker), value[1][1:], info[2])
    assert (by[1], algorithm[2]) == (maker.certificate, foreign.oid(foreign.SM2_SM3))
    to_sign, by, _algorithm, value = parts(parts(signature)[0][1])
    assert foreign.verify(point(signer), value[1][1:], to_sign[2])
    assert not foreign.verify(point(maker), value[1][1:], to_sign[2])
    version, embedded, moment, digest, path = parts(to_sign[1])
    assert (version[1], embedded[2], digest[1]) == (b"\x04", seal, b"\x00" + DIGEST)
    assert (moment[1], path[1].decode()) == (b"20260304010000Z", PATH)


def test_our_certificates_are_verified_by_the_second_implementation() -> None:
    _seal, _signature, maker, _signer = ours()
    root = make_root("根", valid_from=NOW, valid_until=NOW + timedelta(days=9))
    tbs, _algorithm, value = parts(parts(root.certificate)[0][1])
    assert foreign.verify(point(root), value[1][1:], tbs[2])
    tbs, _algorithm, value = parts(parts(maker.certificate)[0][1])
    assert not foreign.verify(point(root), value[1][1:], tbs[2])


def test_the_digest_for_devices_is_what_sm2_signs_in_the_end() -> None:
    key = foreign.ForeignKey.new()
    ours_ = Sm2PrivateKey.generate()
    signature = ours_.sign(b"message")
    assert foreign.verify(ours_.public_key().point(), signature, b"message")
    e = int.from_bytes(signed_digest(ours_.public_key(), b"message"), "big")
    # Verification by hand from e alone: R = e + x1 with (x1, y1) = s G + (r + s) P.
    r, s = (int.from_bytes(item[1], "big") for item in parts(parts(signature)[0][1]))
    public = ours_.public_key().point()
    owner = (int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big"))
    total = foreign.add(foreign.multiply(s, foreign.G), foreign.multiply((r + s) % foreign.N, owner))
    assert total is not None
    assert (e + total[0]) % foreign.N == r
    raw = b"".join(
        int.from_bytes(item[1], "big").to_bytes(32, "big") for item in parts(parts(key.sign(b"m"))[0][1])
    )
    assert foreign.verify(key.public, signature_from_raw(raw), b"m")
