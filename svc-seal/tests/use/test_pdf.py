"""PDF files sealed and verified."""

import math
import operator
import zlib
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from seal_office import CODE, Office, a_pdf

from lib_testing import FixedClock
from svc_seal.pdf_process import PdfProcesses, PdfTooHard, PdfWorkFailed


async def test_a_pdf_is_sealed_and_verifies_for_anyone(office: Office) -> None:
    await office.make()
    sealed = await office.seal(document=a_pdf(), page="2")
    assert sealed.startswith(a_pdf()[:8])
    said = await office.verdict(sealed)
    assert said["valid"], said["text"]
    [signature] = said["signatures"]
    assert (signature["form"], signature["seal_code"]) == ("PAdES (P-256)", CODE)
    assert signature["seal_name"] == "平顶山市市场监督管理局"
    actions = [item["action"] for item in (await office.keeper.get("/v1/audit")).json()["items"]]
    assert actions[-2:] == ["seal.pdf_certificate", "seal.use"]


async def test_a_second_seal_on_a_pdf_leaves_the_first_good(office: Office) -> None:
    await office.make()
    both = await office.seal("license-0002", await office.seal(document=a_pdf()), x=20, y=20)
    said = await office.verdict(both)
    assert len(said["signatures"]) == 2
    assert said["valid"], said["text"]


async def test_a_changed_pdf_is_found(office: Office) -> None:
    await office.make()
    sealed = bytearray(await office.seal(document=a_pdf()))
    sealed[a_pdf().index(b"%PDF") + 60] ^= 1
    said = await office.verdict(bytes(sealed))
    assert not said.get("valid", False)


async def test_a_pdf_has_pages_and_coordinates_only(office: Office) -> None:
    await office.make()
    places: list[dict[str, Any]] = [
        {"page": "9"},
        {"page": "x"},
        {"x": 1400},
        {"y": 290},
        {"keyword": {"text": "contract"}},
        {"across_pages": {}},
    ]
    for more in places:
        answer = await office.ask("license-0001", a_pdf(), **more)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/seal-place-invalid")


async def test_a_broken_pdf_is_refused(office: Office) -> None:
    await office.make()
    for data in (b"%PDF-1.7", b"%PDF-1.7 rubbish" * 50, a_pdf()[:400]):
        answer = await office.ask("license-0001", data)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/document-invalid")
        assert (await office.verdict(data))["type"] == "/problems/document-invalid"


async def test_a_signature_of_an_unknown_kind_says_nothing_of_the_others(office: Office) -> None:
    await office.make()
    first = await office.seal(document=a_pdf())
    both = await office.seal("license-0002", first, x=20, y=20)
    strange = both[: len(first)] + both[len(first) :].replace(
        b"/ETSI.CAdES.detached", b"/City.Strange.forms."
    )
    said = await office.verdict(strange)
    assert not said["valid"]
    assert [signature["form"] for signature in said["signatures"]] == ["PAdES (P-256)", "unknown"]
    assert said["signatures"][0]["valid"]


async def test_a_withdrawn_key_makes_its_pdf_seals_bad_and_is_on_the_list(office: Office) -> None:
    await office.make()
    sealed = await office.seal(document=a_pdf())
    assert await listed(office) == {}
    answer = await office.keeper.post(f"/v1/seals/{CODE}/revocation", json={"reason": "key_compromise"})
    assert answer.status_code == 200, answer.text
    said = await office.verdict(sealed)
    assert not said["valid"]
    assert "密钥泄露" in said["text"]
    assert list((await listed(office)).values()) == [x509.ReasonFlags.key_compromise]


async def test_a_pdf_sealed_before_its_seal_ended_stays_good(office: Office, clock: FixedClock) -> None:
    await office.make()
    sealed = await office.seal(document=a_pdf())
    clock.advance(timedelta(days=2))
    answer = await office.keeper.post(
        f"/v1/seals/{CODE}/revocation", json={"reason": "cessation_of_operation"}
    )
    assert answer.status_code == 200, answer.text
    said = await office.verdict(sealed)
    assert said["valid"], said["text"]
    assert len(await listed(office)) == 1


async def listed(office: Office) -> dict[int, x509.ReasonFlags]:
    """Return what the public list says, verified with the root that is given out."""
    der = (await office.public.get("/v1/pdf-revocation-list")).content
    root = x509.load_pem_x509_certificate((await office.public.get("/v1/pdf-authority-certificate")).content)
    found = x509.load_der_x509_crl(der)
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert found.is_signature_valid(key)
    return {
        entry.serial_number: entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        for entry in found
    }


def test_work_that_takes_too_long_or_too_much_is_ended_and_the_next_is_done() -> None:
    """The limits hold for what no error handler can stop."""
    processes = PdfProcesses(1, cpu_seconds=1)
    try:
        with pytest.raises(PdfTooHard):
            processes.run(math.factorial, 10**8)
        assert processes.run(math.sqrt, 4.0) == 2.0
        with pytest.raises(PdfWorkFailed, match="MemoryError"):
            processes.run(operator.mul, b"x", 10**13)
        assert processes.run(math.sqrt, 9.0) == 3.0
    finally:
        processes.close()


async def test_a_pdf_that_unpacks_to_gigabytes_is_refused_and_others_go_on(office: Office) -> None:
    await office.make()
    bomb = a_bomb()
    assert len(bomb) < 6_000_000
    assert (await office.verdict(bomb))["type"] == "/problems/document-invalid"
    answer = await office.ask("license-0009", bomb)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/document-invalid")
    assert (await office.verdict(await office.seal(document=a_pdf())))["valid"]


def a_bomb() -> bytes:
    """Return a PDF whose cross-reference stream unpacks to 4 GB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = packer.compress(bytes(16 * 1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = b"\x78\x9c" + piece * 256 + b"\x03\x00"
    head = b"%PDF-1.7\n"
    entry = (
        b"1 0 obj\n<< /Type /XRef /Size 2 /W [1 2 1] /Root 2 0 R /Filter /FlateDecode /Length "
        + str(len(stream)).encode()
        + b" >>\nstream\n"
    )
    tail = b"\nendstream\nendobj\nstartxref\n" + str(len(head)).encode() + b"\n%%EOF"
    return head + entry + stream + tail
