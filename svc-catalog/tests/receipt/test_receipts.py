"""Documents of an application: which there are, what they say, both formats."""

import io
import zipfile
from uuid import UUID

import pytest
from catalog_cases import CLERK, LAW, OFFICER, accepted, approved, step, submitted
from pyhanko.pdf_utils.reader import PdfFileReader

from lib_ofd import Text, render
from lib_testing import CITIZEN, OTHER_CITIZEN, WEDNESDAY, Clients
from svc_catalog.receipt.domain import Kind, Receipt
from svc_catalog.receipt.page import LAST_LINE, LEFT, RIGHT, as_ofd, as_pdf, layout


def words(receipt: Receipt) -> str:
    return "".join(part.text for part in layout(receipt) if isinstance(part, Text))


async def titles(service: Clients, application_id: str) -> list[str]:
    answer = await service.as_(CITIZEN).get(f"/v1/applications/{application_id}/receipts")
    return [found["title"] for found in answer.json()["items"]]


async def test_each_step_brings_its_document(service: Clients) -> None:
    done = await approved(service)
    assert await titles(service, done["id"]) == ["收件回执", "受理通知书", "准予许可决定书"]
    asked = await submitted(service)
    await step(service, CLERK, f"applications/{asked['id']}/supplement-request", {"note": "缺照片"})
    assert await titles(service, asked["id"]) == ["收件回执", "补正材料一次性告知书"]
    refused = await accepted(service)
    ground = {"note": "场所不符", "legal_ground": LAW}
    await step(service, OFFICER, f"applications/{refused['id']}/refusal", ground)
    assert (await titles(service, refused["id"]))[-1] == "不予许可决定书"
    rejected = await submitted(service)
    await step(service, CLERK, f"applications/{rejected['id']}/rejection", {"note": "不属于本机关职权"})
    assert (await titles(service, rejected["id"]))[-1] == "不予受理通知书"


async def test_both_formats_are_whole_files(service: Clients) -> None:
    taken = await accepted(service)
    path = f"/v1/applications/{taken['id']}/receipts/acceptance"
    pdf = (await service.as_(CITIZEN).get(path)).content
    assert PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"] == 1
    ofd = (await service.as_(CITIZEN).get(path, params={"format": "ofd"})).content
    assert "OFD.xml" in zipfile.ZipFile(io.BytesIO(ofd)).namelist()
    assert render(ofd).startswith(b"\x89PNG")
    assert (await service.as_(OTHER_CITIZEN).get(path)).status_code == 404
    assert (await service.as_(CITIZEN).get(path.replace("acceptance", "refusal"))).status_code == 404


def a_receipt(*paragraphs: str) -> Receipt:
    return Receipt(
        "受理通知书",
        "办件编号：1",
        "李明：",
        paragraphs,
        "市场监督管理局",
        WEDNESDAY,
        "41040020260304000017X",
    )


@pytest.mark.parametrize("length", [10, 500, 2000])
def test_long_texts_are_set_smaller_and_stay_on_the_page(length: int) -> None:
    receipt = a_receipt("材料齐全，符合法定形式。" * (length // 12 + 1))
    texts = [part for part in layout(receipt) if isinstance(part, Text)]
    assert words(receipt).count("材料齐全") == length // 12 + 1
    body = [part for part in texts if part.y < LAST_LINE and part.y > 64]
    assert all(LEFT <= part.x <= RIGHT for part in body)


def test_equal_documents_give_equal_bytes() -> None:
    receipt = a_receipt("决定予以受理。")
    number = UUID(int=1)
    assert as_pdf(receipt) == as_pdf(receipt)
    assert as_ofd(receipt, number) == as_ofd(receipt, number)
    assert len(Kind) == 6
