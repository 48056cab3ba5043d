"""Seals made, used and verified over HTTP, on a real database with real SM2."""

import asyncio
import base64
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import func, select, text, update

from lib_db import Sessions
from lib_kernel import IllegalMove, move
from lib_ofd import Document, Text, read_package, write_package
from lib_testing import PUBLIC, Clients, FixedClock, staff
from lib_web import Caller, CallerKind
from svc_seal.authority import open_authority
from svc_seal.database import AUDIT, MESSAGES
from svc_seal.seal.domain import NEXT, Kind, Status
from svc_seal.seal.picture import draw
from svc_seal.seed import seed
from svc_seal.settings import Settings
from svc_seal.use.store import seal_use

KEEPER = staff("s_keeper", "seal_keeper")
SECOND = staff("s_keeper_2", "seal_keeper")
LICENSE = Caller(CallerKind.SERVICE, "svc-license", "internal")
CODE = "4104000000001"
ORDER = {"code": CODE, "name": "平顶山市市场监督管理局", "department": "11410400005184603J"}


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def test_the_picture_is_red_on_clear_ground() -> None:
    image = Image.open(io.BytesIO(draw(Kind.UNIT, "平顶山市市场监督管理局", CODE).png())).convert("RGBA")
    middle = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(middle, tuple)
    assert middle[0] > 200 > middle[1]
    corner = image.getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert corner[3] == 0


def test_the_authority_is_made_once_and_its_keys_are_wrapped(tmp_path: Path) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    first, again = open_authority(tmp_path, now), open_authority(tmp_path, now)
    assert first.root.certificate == again.root.certificate
    assert b"PRIVATE KEY" not in (tmp_path / "root.key").read_bytes()
    assert (tmp_path / "master.key").stat().st_mode & 0o077 == 0


def a_document() -> bytes:
    document = Document(UUID(int=1), "证照", datetime(2026, 3, 4, tzinfo=UTC))
    document.add(Text(30, 60, "食品经营许可证"))
    return document.build()


async def active(service: Clients) -> None:
    await service.as_(KEEPER).post("/v1/seals", json=ORDER)
    answer = await service.as_(SECOND).post(f"/v1/seals/{CODE}/approval")
    assert answer.json()["status"] == "active", answer.text


async def sealed(
    service: Clients, key: str = "license-0001", document: bytes | None = None
) -> dict[str, Any]:
    body = {
        "document": base64.b64encode(document or a_document()).decode(),
        "seal_code": CODE,
        "purpose": "签发证照",
        "use_key": key,
        "x": 200,
        "y": 130,
    }
    answer = await service.as_(LICENSE, issuer="svc-license").post("/v1/documents", json=body)
    found: dict[str, Any] = answer.json() | {"status": answer.status_code}
    return found


async def verdict(service: Clients, document: bytes) -> dict[str, Any]:
    body = {"document": base64.b64encode(document).decode()}
    answer = await service.as_(PUBLIC).post("/v1/verifications", json=body)
    found: dict[str, Any] = answer.json()
    return found


async def test_a_seal_needs_two_persons(service: Clients) -> None:
    await service.as_(KEEPER).post("/v1/seals", json=ORDER)
    own = await service.as_(KEEPER).post(f"/v1/seals/{CODE}/approval")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/four-eyes")
    assert (await service.as_(KEEPER).post("/v1/seals", json=ORDER)).status_code == 409
    assert (await service.as_(SECOND).post(f"/v1/seals/{CODE}/approval")).status_code == 200
    assert (await service.as_(SECOND).post(f"/v1/seals/{CODE}/approval")).status_code == 409
    picture = await service.as_(KEEPER).get(f"/v1/seals/{CODE}/picture")
    assert picture.content.startswith(b"\x89PNG")


async def test_a_sealed_document_verifies_for_anyone(service: Clients, sessions: Sessions) -> None:
    await active(service)
    result = await sealed(service)
    said = await verdict(service, base64.b64decode(result["document"]))
    assert said["valid"], said
    [signature] = said["signatures"]
    assert (signature["seal_name"], signature["seal_status"]) == ("平顶山市市场监督管理局", "active")
    async with sessions() as session:
        kinds = (await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq))).all()
    assert kinds == ["seal.seal.activated.v1", "seal.document.sealed.v1"]


async def test_a_changed_document_is_found_and_says_what(service: Clients) -> None:
    await active(service)
    files = read_package(base64.b64decode((await sealed(service))["document"]))
    page = "/Doc_0/Pages/Page_0/Content.xml"
    files[page] = files[page].replace("食品".encode(), "药品".encode())
    said = await verdict(service, write_package(files))
    assert not said["valid"]
    assert [f["check"] for f in said["signatures"][0]["findings"] if not f["ok"]] == ["content"]


async def test_an_unsealed_document_is_not_valid_and_rubbish_is_refused(service: Clients) -> None:
    assert await verdict(service, a_document()) == {"valid": False, "signatures": []}
    assert (await verdict(service, b"rubbish"))["type"] == "/problems/document-invalid"


async def test_a_second_seal_leaves_the_first_good(service: Clients) -> None:
    await active(service)
    first = base64.b64decode((await sealed(service))["document"])
    both = base64.b64decode((await sealed(service, "license-0002", first))["document"])
    said = await verdict(service, both)
    assert said["valid"]
    assert len(said["signatures"]) == 2


async def test_one_occasion_is_sealed_once_even_at_the_same_time(
    service: Clients, sessions: Sessions
) -> None:
    await active(service)
    results = await asyncio.gather(*(sealed(service) for _ in range(5)))
    assert len({result["use_id"] for result in results}) == 1
    assert len({result["document"] for result in results}) == 1
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(seal_use)) == 1


async def test_a_frozen_seal_is_not_used(service: Clients) -> None:
    await active(service)
    await service.as_(KEEPER).post(f"/v1/seals/{CODE}/freeze")
    assert (await sealed(service))["type"] == "/problems/seal-not-usable"
    await service.as_(KEEPER).post(f"/v1/seals/{CODE}/unfreeze")
    assert (await sealed(service))["status"] == 201


async def test_an_expired_seal_is_not_used_but_old_signatures_stay_good(
    service: Clients, clock: FixedClock
) -> None:
    await active(service)
    document = base64.b64decode((await sealed(service))["document"])
    clock.advance(timedelta(days=6 * 365))
    assert (await sealed(service, "license-0002"))["type"] == "/problems/seal-not-usable"
    assert (await verdict(service, document))["valid"]


async def test_only_sister_services_may_seal(service: Clients) -> None:
    answer = await service.as_(KEEPER).post("/v1/documents", json={})
    assert answer.status_code == 403


async def test_a_changed_audit_record_breaks_the_chain(service: Clients, sessions: Sessions) -> None:
    await active(service)
    await sealed(service)
    client = service.as_(KEEPER)
    listed = (await client.get("/v1/audit")).json()["items"]
    assert [record["action"] for record in listed] == ["seal.apply", "seal.approve", "seal.use"]
    assert (await client.post("/v1/audit/verification")).json()["whole"]
    async with sessions.begin() as session:
        second = update(AUDIT.records).where(AUDIT.records.c.number == 2)
        await session.execute(second.values(actor="somebody"))
    broken = (await client.post("/v1/audit/verification")).json()
    assert (broken["whole"], broken["first_broken"]) == (False, 2)
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM audit_record WHERE number = 2"))
    assert (await client.post("/v1/audit/verification")).json()["first_broken"] == 2


async def test_loading_the_citys_seals_twice_makes_them_once(
    settings: Settings, sessions: Sessions, clock: FixedClock, tmp_path: Path
) -> None:
    record = {**ORDER, "kind": "unit", "created_by": "s_a", "approved_by": "s_b"}
    (tmp_path / "seals.json").write_text(json.dumps([record]))
    here = settings.model_copy(update={"city_data_dir": tmp_path})
    await seed(here, clock)
    await seed(here, clock)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(AUDIT.records)) == 2
