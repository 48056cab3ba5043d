"""PDF seals with a time stamp: who proves the time is believed, who does not stamp seals nothing."""

import asyncio
import io
from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.timestamps import HTTPTimeStamper
from seal_office import CODE, Office, a_pdf
from time_stamps import Authority, time_stamp_authority

from lib_kernel import CITY_ZONE
from lib_testing import FixedClock, running
from svc_seal.main import create_app
from svc_seal.settings import Settings

LATER = timedelta(seconds=3)


@pytest.fixture
def tsa(clock: FixedClock) -> Iterator[Authority]:
    with time_stamp_authority(clock.now() + LATER) as authority:
        yield authority


@pytest.fixture
def settings(settings: Settings, tsa: Authority, tmp_path: Path) -> Settings:
    roots = tmp_path / "tsa.pem"
    roots.write_bytes(tsa.certificate)
    return settings.model_copy(update={"pdf_tsa_url": tsa.url, "pdf_tsa_roots_file": roots})


@pytest_asyncio.fixture
async def stranger(settings: Settings, clock: FixedClock) -> AsyncGenerator[Office]:
    """Return the same service, which knows no time-stamp authority."""
    plain = settings.model_copy(update={"pdf_tsa_url": "", "pdf_tsa_roots_file": None})
    async with running(create_app(plain, clock)) as clients:
        yield Office(clients)


def stamp_of(said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the only signature's time stamp."""
    [signature] = said["signatures"]
    [found] = [finding for finding in signature["findings"] if finding["check"] == "time-stamp"]
    return dict(found)


async def test_a_stamped_seal_says_when_it_was_made_on_the_authority_s_word(
    office: Office, clock: FixedClock, tsa: Authority
) -> None:
    await office.make()
    said = await office.verdict(await office.seal(document=a_pdf()))
    assert said["valid"], said["text"]
    found = stamp_of(said)
    assert (found["ok"], found["is_checked"]) == (True, True)
    assert "时间戳有效" in found["text"]
    assert said["signatures"][0]["signed_at"] == (clock.now() + LATER).astimezone(CITY_ZONE).isoformat()
    asked = tsa.asked
    await office.seal("license-0002", a_pdf())
    assert tsa.asked == asked + 1


async def test_a_stamp_of_an_unknown_authority_is_told_as_unchecked(
    office: Office, stranger: Office, clock: FixedClock
) -> None:
    await office.make()
    said = await stranger.verdict(await office.seal(document=a_pdf()))
    assert said["valid"], said["text"]
    found = stamp_of(said)
    assert (found["ok"], found["is_checked"]) == (True, False)
    assert said["signatures"][0]["signed_at"] == clock.now().astimezone(CITY_ZONE).isoformat()


async def test_a_stamp_proves_that_a_seal_is_older_than_the_theft_of_its_key(
    office: Office, stranger: Office, clock: FixedClock
) -> None:
    await office.make()
    sealed = await office.seal(document=a_pdf())
    clock.advance(timedelta(days=2))
    answer = await office.keeper.post(f"/v1/seals/{CODE}/revocation", json={"reason": "key_compromise"})
    assert answer.status_code == 200, answer.text
    assert (await office.verdict(sealed))["valid"]
    assert "密钥泄露" in (await stranger.verdict(sealed))["text"]


@pytest.mark.parametrize("fault", ["is_down", "stamps_something_else"])
async def test_without_a_stamp_nothing_is_sealed_and_the_same_occasion_is_sealed_later(
    office: Office, tsa: Authority, fault: str
) -> None:
    await office.make()
    setattr(tsa, fault, True)
    answer = await office.ask("license-0001", a_pdf())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/time-stamp-unavailable")
    assert (await office.keeper.get(f"/v1/seals/{CODE}")).json()["use_count"] == 0
    setattr(tsa, fault, False)
    assert (await office.verdict(await office.seal("license-0001", a_pdf())))["valid"]


async def test_a_time_stamp_over_the_whole_document_is_no_seal_and_harms_none(
    office: Office, tsa: Authority
) -> None:
    await office.make()
    for document, count in ((a_pdf(), 0), (await office.seal(document=a_pdf()), 1)):
        stamped = await asyncio.to_thread(archived, document, tsa.url)
        said = await office.verdict(stamped)
        assert (said["valid"], len(said["signatures"])) == (count > 0, count), said["text"]


def archived(document: bytes, url: str) -> bytes:
    """Return a PDF with a time stamp over the whole document, as archives add them."""
    writer = IncrementalPdfFileWriter(io.BytesIO(document))
    out = PdfTimeStamper(HTTPTimeStamper(url)).timestamp_pdf(writer, "sha256")
    return bytes(out.read())
