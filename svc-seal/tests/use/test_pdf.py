"""PDF files sealed and verified."""

from typing import Any

from seal_office import CODE, Office, a_pdf


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
