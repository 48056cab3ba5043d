"""Verification over HTTP: files of other makers and hostile ones."""

import base64
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from asn1crypto import pem
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from seal_office import Office

from lib_gm import NotASeal, Trust, check_signature, parse_signature
from lib_ofd import read_package, write_package
from lib_testing import WEDNESDAY, FixedClock, running
from lib_testing.foreign import ForeignMaker, foreign_ofd
from svc_seal.main import create_app
from svc_seal.settings import Settings
from svc_seal.verification.domain import DocumentUnreadable
from svc_seal.verification.ofd import verify_ofd

MAKER = ForeignMaker.at(WEDNESDAY)


@pytest_asyncio.fixture
async def trusting(settings: Settings, clock: FixedClock, tmp_path: Path) -> AsyncGenerator[Office]:
    """Return the people around a service that trusts the other maker's root."""
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "other.root.pem").write_bytes(pem.armor("CERTIFICATE", MAKER.root))
    async with running(create_app(settings.model_copy(update={"trust_dir": folder}), clock)) as clients:
        yield Office(clients)


@pytest.mark.parametrize(
    ("version", "style", "form"),
    [
        (1, "", "GM/T 0031-2014 (V1)"),
        (1, "bare", "GM/T 0031-2014 (V1)"),
        (1, "dashed", "GM/T 0031-2014 (V1)"),
        (4, "digests", "GB/T 38540-2020 (V4)"),
        (4, "tagged", "GB/T 38540-2020 (V4)"),
        (5, "stamped", "GM/T 0031-2025 (V5)"),
    ],
)
def test_files_of_every_generation_are_judged_and_named(version: int, style: str, form: str) -> None:
    document = foreign_ofd(MAKER, version, style=style, prefix="Doc_0")
    [verdict] = verify_ofd(document, Trust.of([MAKER.root]))
    assert verdict.is_valid, [found for found in verdict.findings if not found.ok]
    assert (verdict.form, verdict.seal_name) == (form, "外省市场监督管理局")


def test_a_v1_time_as_clocks_show_it_is_beijing_time() -> None:
    [verdict] = verify_ofd(foreign_ofd(MAKER, 1, style="dashed"), Trust.of([MAKER.root]))
    assert verdict.signed_at == WEDNESDAY.replace(microsecond=0)


@pytest.mark.parametrize("tag", ["", "ofd", "f"])
@pytest.mark.parametrize("locks", [True, False])
@pytest.mark.parametrize("method", ["SM3", "sm3", "1.2.156.10197.1.401", "SHA256", "SHA-256"])
def test_the_manners_of_other_makers_make_no_difference(tag: str, locks: bool, method: str) -> None:
    """Prefixes, names of digests, and a signature that also covers the list of signatures."""
    document = foreign_ofd(MAKER, 4, tag=tag, locks=locks, method=method)
    [verdict] = verify_ofd(document, Trust.of([MAKER.root]))
    assert verdict.is_valid, [found for found in verdict.findings if not found.ok]


@pytest.mark.parametrize("method", ["SHA1", "MD5"])
def test_files_unchanged_by_a_broken_digest_are_not_called_good(method: str) -> None:
    [verdict] = verify_ofd(foreign_ofd(MAKER, 4, method=method), Trust.of([MAKER.root]))
    failed = {found.check: found.text for found in verdict.findings if not found.ok}
    assert failed == {"structure": f"签章使用的摘要算法 {method} 已不安全"}


def test_a_list_that_was_covered_and_grew_is_found() -> None:
    def change(files: dict[str, bytes]) -> None:
        files["Doc_0/Signs/Signatures.xml"] += b" "

    [verdict] = verify_ofd(foreign_ofd(MAKER, 4, locks=True, change=change), Trust.of([MAKER.root]))
    assert {found.check for found in verdict.findings if not found.ok} == {"content"}


async def test_a_foreign_file_is_good_where_its_root_is_trusted(trusting: Office) -> None:
    said = await trusting.verdict(foreign_ofd(MAKER, 1))
    assert said["valid"], said["text"]
    [signature] = said["signatures"]
    assert signature["seal_status"] == "unknown"
    unchecked = [item["check"] for item in signature["findings"] if not item["is_checked"]]
    assert unchecked == ["signer-revocation", "seal-maker-revocation"]


async def test_a_foreign_file_is_not_good_where_its_root_is_unknown(office: Office) -> None:
    assert await office.failed(foreign_ofd(MAKER, 4)) == {"signer", "seal-maker"}


async def test_the_register_says_nothing_of_a_forged_seal_with_a_code_of_ours(office: Office) -> None:
    await office.make("4201000000077")
    [signature] = (await office.verdict(foreign_ofd(MAKER, 4)))["signatures"]
    assert (signature["seal_code"], signature["seal_status"]) == ("4201000000077", "unknown")


async def test_a_plain_signature_without_a_seal_is_verified(trusting: Office) -> None:
    said = await trusting.verdict(foreign_ofd(MAKER, 4, kind="Sign"))
    assert said["valid"], said["text"]
    assert said["signatures"][0]["form"] == "GB/T 35275"


async def test_a_replaced_seal_file_is_found(trusting: Office) -> None:
    def change(files: dict[str, bytes]) -> None:
        files["Doc_0/Signs/Sign_7/Seal.esl"] = MAKER.seal(4, style="tagged")

    assert await trusting.failed(foreign_ofd(MAKER, 4, change=change)) == {"seal-same", "content"}


async def test_a_changed_description_is_found(trusting: Office) -> None:
    def change(files: dict[str, bytes]) -> None:
        path = "Doc_0/Signs/Sign_7/Signature.xml"
        files[path] = files[path].replace(b"150 220", b"151 220")

    assert await trusting.failed(foreign_ofd(MAKER, 4, change=change)) == {"digest"}


async def test_json_and_upload_give_the_same_answer(office: Office, page: bytes) -> None:
    said = await office.verdict(page)
    body = {"document": base64.b64encode(page).decode()}
    assert (await office.public.post("/v1/verifications", json=body)).json() == said
    assert said == {"valid": False, "text": "文件没有电子签章", "signatures": []}
    malformed = await office.public.post("/v1/verifications", json={"document": 7})
    assert (malformed.status_code, malformed.json()["errors"][0]["field"]) == (422, "document")


@pytest.mark.parametrize("data", [b"", b"rubbish", b"PK\x03\x04" + b"\0" * 100, b"\xff" * 1000])
async def test_what_is_no_document_gets_a_clear_problem(office: Office, data: bytes) -> None:
    said = await office.verdict(data)
    assert said["type"] == "/problems/document-invalid"
    assert said["detail"]


DOCUMENT = foreign_ofd(MAKER, 4)
FILES = read_package(DOCUMENT)
TRUST = Trust.of([MAKER.root])
SIGNED = sorted(set(FILES) - {"/Doc_0/Signs/Signatures.xml"})
VALUE = FILES["/Doc_0/Signs/Sign_7/SignedValue.dat"]
PATIENT = tuned(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(st.data())
def test_any_altered_byte_in_a_sealed_files_entries_is_detected(data: st.DataObject) -> None:
    """Covered files, the seal, the description and the signature value itself."""
    name = data.draw(st.sampled_from(SIGNED))
    altered = bytearray(FILES[name])
    position = data.draw(st.integers(0, len(altered) - 1))
    altered[position] ^= data.draw(st.integers(1, 255))
    try:
        verdicts = verify_ofd(write_package({**FILES, name: bytes(altered)}), TRUST)
    except DocumentUnreadable:
        return
    assert not (verdicts and all(verdict.is_valid for verdict in verdicts)), name


@PATIENT
@given(st.integers(0, len(DOCUMENT) - 1), st.integers(1, 255))
def test_any_altered_byte_of_the_file_gets_an_answer(position: int, mask: int) -> None:
    altered = bytearray(DOCUMENT)
    altered[position] ^= mask
    try:
        verdicts = verify_ofd(bytes(altered), TRUST)
        same = read_package(bytes(altered)) == FILES
    except DocumentUnreadable:
        return
    assert same or not (verdicts and all(verdict.is_valid for verdict in verdicts))


@PATIENT
@given(st.integers(0, len(VALUE) - 1), st.integers(0, 200))
def test_cut_and_spliced_signature_values_are_refused(position: int, more: int) -> None:
    for value in (
        VALUE[:position],
        VALUE[:position] + VALUE[position + more + 1 :],
        VALUE + b"\0" * (more + 1),
    ):
        try:
            parse_signature(value)
            findings = check_signature(value, TRUST)
        except NotASeal:
            continue
        assert not all(found.ok for found in findings)
