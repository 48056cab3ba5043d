"""Area verification: 21,355 persons in, completed, split, collected, reported up; nothing lost."""

import io
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_kernel import citizen_id_check
from lib_sheets import Sheet, write_workbook
from lib_testing import Clients, FixedClock, staff
from svc_complaint.area.commands import context
from svc_complaint.area.domain import batches, complete
from svc_complaint.area.store import area_person
from svc_complaint.complaint_case.commands import SEALED
from svc_complaint.exchange.domain import Message
from svc_complaint.exchange.duties import send_due
from svc_complaint.exchange.ports import NotTaken
from svc_complaint.uow import ComplaintUnitOfWork

COUNTIES = {"410422000000": "叶县", "410425000000": "郏县", "410402000000": "新华区"}
DISPATCHER = staff("s_dispatcher", "dispatcher")
LEAD_OFFICE = "11410400005184128C"
HEAD = "姓名,证件号码,联系电话,地址,区划"
NewUow = Callable[[], ComplaintUnitOfWork]


def county(division: str) -> Any:
    return staff(f"s_{division}", "case_handler", orgs=(division,))


def id_number(number: int, prefix: str = "410422") -> str:
    first = f"{prefix}19900307{number % 1000:03d}"
    return first + citizen_id_check(first)


def sheet(count: int) -> bytes:
    """Return an order of so many persons: a third by code, a third by address, a third by ID card."""
    codes = list(COUNTIES)
    lines = [HEAD]
    for number in range(count):
        code = codes[number % 3]
        way = number // 3 % 3
        division = code if way == 0 else ""
        address = f"平顶山市{COUNTIES[code]}某街道{number}号" if way == 1 else ""
        lines.append(f"张{number},{id_number(number, code[:6])},138{number:08d},{address},{division}")
    return "\n".join(lines).encode()


async def taken_in(service: Clients, content: bytes, order: str = "XC-2026-01") -> dict[str, Any]:
    answer = await service.as_(DISPATCHER).post(
        "/v1/area-batches", params={"order_number": order, "sender": "省平台"}, content=content
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class Province:
    """The province's platform: takes every part once; fails every other call."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher
        self._calls = 0
        self.parts: dict[str, Any] = {}

    async def send(self, message: Message) -> None:
        self._calls += 1
        if self._calls % 2:
            raise NotTaken("HTTP 500")
        assert message.sealed is not None
        self.parts[message.key] = json.loads(self._cipher.decrypt(message.sealed, context=SEALED))["results"]

    async def orders(self, after: str) -> tuple[list[Any], str]:
        return [], after


async def give_back(service: Clients, batch: str, division: str, rows: list[str]) -> Any:
    content = "\n".join(["序号,核查结果,备注", *rows]).encode()
    path = f"/v1/area-batches/{batch}/results"
    return await service.as_(county(division)).post(path, params={"division": division}, content=content)


async def test_the_whole_order_of_21355_persons_goes_in_and_out_with_nothing_lost(
    service: Clients, sessions: Sessions, clock: FixedClock, cipher: FieldCipher, new_uow: NewUow
) -> None:
    total = 21_355
    batch = await taken_in(service, sheet(total))
    assert batch["total"] == total
    client, path = service.as_(DISPATCHER), f"/v1/area-batches/{batch['id']}"
    assert (await client.post(f"{path}/split")).json()["divisions"] == sorted(COUNTIES)
    case = (await client.get(f"/v1/cases/{batch['case_id']}")).json()
    assert (case["kind"], case["department"]) == ("area_verification", LEAD_OFFICE)
    async with sessions() as session:
        rows = await session.execute(select(area_person.c.row, area_person.c.division))
        by_division: dict[str, list[int]] = {}
        for row, division in rows:
            by_division.setdefault(division, []).append(row)
    early = await client.post(f"{path}/report")
    assert (early.status_code, early.json()["count"]) == (409, total)
    results = ("已核实", "不在本地", "无法联系", "信息有误")
    sent: dict[int, str] = {}
    for division, numbers in by_division.items():
        lines = [f"{n},{results[n % 4]},备注{n}" for n in numbers]
        half = len(lines) // 2
        first = await give_back(service, batch["id"], division, lines[:half])
        assert first.json() == {"changed": half, "left": len(lines) - half}
        again = await give_back(service, batch["id"], division, lines[half - 9 :])
        assert again.json() == {"changed": len(lines) - half + 9, "left": 0}
        sent |= {n: results[n % 4] for n in numbers}
    assert (await client.post(f"{path}/report")).json()["changed"] == total
    assert (await client.post(f"{path}/report")).json()["changed"] == 0
    province = Province(cipher)
    for _ in range(40):
        while await send_due(new_uow, province, clock):
            pass
        clock.set(clock.now().replace(day=clock.now().day % 28 + 1, hour=1))
    seen = (await client.get(path)).json()
    assert seen["messages"] == {"sent": 43, "waiting": 0}
    assert {count["state"] for count in seen["counts"]} == {"reported"}
    assert sum(count["count"] for count in seen["counts"]) == total
    reported = Counter(result["row"] for part in province.parts.values() for result in part)
    assert set(reported) == set(sent)
    assert set(reported.values()) == {1}
    case = (await client.get(f"/v1/cases/{batch['case_id']}")).json()
    assert all(part["answered_at"] for part in case["parts"])


async def test_nothing_is_kept_of_a_file_with_a_wrong_row_and_each_is_named(
    service: Clients, sessions: Sessions
) -> None:
    lines = sheet(6).decode().splitlines()
    lines[3] = lines[3].replace("4104", "9904", 1)
    lines[5] = "," + lines[5].split(",", 1)[1]
    answer = await service.as_(DISPATCHER).post(
        "/v1/area-batches", params={"order_number": "X"}, content="\n".join(lines).encode()
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/area-sheet-invalid")
    assert [row["row"] for row in answer.json()["rows"]] == [4, 6]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(area_person)) == 0
    for content in (b"", b"\xff\xfe\x00", HEAD.encode()):
        empty = await service.as_(DISPATCHER).post(
            "/v1/area-batches", params={"order_number": "X"}, content=content
        )
        assert empty.status_code == 422


async def test_an_order_is_received_once_also_as_a_workbook(service: Clients) -> None:
    rows = [line.split(",") for line in sheet(5).decode().splitlines()]
    content = write_workbook([Sheet("名单", rows[0], rows[1:])])
    assert (await taken_in(service, content))["total"] == 5
    again = await service.as_(DISPATCHER).post(
        "/v1/area-batches", params={"order_number": "XC-2026-01"}, content=content
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/area-batch-known")


async def test_who_has_no_county_is_completed_before_the_split(service: Clients) -> None:
    stranger = id_number(1, "110101")
    batch = await taken_in(service, f"{HEAD}\n李四,{stranger},,,\n王五,{id_number(2)},,,叶县".encode())
    client, path = service.as_(DISPATCHER), f"/v1/area-batches/{batch['id']}"
    refused = await client.post(f"{path}/split")
    assert (refused.status_code, refused.json()["rows"]) == (409, [2])
    wrong = await client.post(f"{path}/completion", content="序号,区划\n2,北京".encode())
    assert wrong.status_code == 422
    done = await client.post(f"{path}/completion", content="序号,区划\n2,郏县".encode())
    assert done.json()["changed"] == 1
    assert (await client.post(f"{path}/split")).json()["divisions"] == ["410422000000", "410425000000"]
    assert (await client.post(f"{path}/split")).json()["divisions"] == []


async def test_a_county_sees_and_returns_its_own_persons_only(service: Clients, sessions: Sessions) -> None:
    batch = await taken_in(service, sheet(9))
    path = f"/v1/area-batches/{batch['id']}"
    await service.as_(DISPATCHER).post(f"{path}/split")
    ye = service.as_(county("410422000000"))
    page = (await ye.get(f"{path}/persons", params={"division": "410422000000", "limit": 2})).json()
    assert len(page["items"]) == 2
    assert "*" in page["items"][0]["id_number"]
    assert "****" in page["items"][0]["phone"]
    rest = await ye.get(f"{path}/persons", params={"division": "410422000000", "cursor": page["next"]})
    assert len(rest.json()["items"]) == 1
    assert (await ye.get(f"{path}/persons", params={"division": "410425000000"})).status_code == 403
    assert (await ye.get(f"{path}/persons")).status_code == 403
    content = (await ye.get(f"{path}/sheet", params={"division": "410422000000"})).content
    book = openpyxl.load_workbook(io.BytesIO(content)).active
    assert book is not None
    assert book.max_row == 4
    assert str(book["D2"].value).startswith("138")
    foreign = await give_back(service, batch["id"], "410422000000", ["3,已核实,"])
    assert (foreign.status_code, foreign.json()["type"]) == (422, "/problems/area-sheet-invalid")
    twice = await give_back(service, batch["id"], "410422000000", ["2,已核实,", "2,已核实,"])
    assert twice.status_code == 422
    unknown = await give_back(service, batch["id"], "410422000000", ["2,大概是,"])
    assert "已核实" in unknown.json()["detail"]
    async with sessions() as session:
        assert set(await session.scalars(select(area_person.c.state))) == {"assigned"}


async def test_what_is_personal_is_encrypted(
    service: Clients, sessions: Sessions, cipher: FieldCipher
) -> None:
    await taken_in(service, sheet(3))
    async with sessions() as session:
        row = (await session.execute(select(area_person).order_by(area_person.c.row))).first()
    assert row is not None
    for secret in ("张0", id_number(0), "13800000000"):
        assert secret not in str(row)
    assert cipher.decrypt(row.name, context=context("name")) == "张0"


@pytest.mark.parametrize(
    ("division", "address", "number", "found"),
    [
        ("410422000000", "", "", "410422000000"),
        ("叶县", "", "", "410422000000"),
        ("", "平顶山市郏县龙山街道", id_number(1), "410425000000"),
        ("", "叶县与郏县交界", id_number(1), "410422000000"),
        ("", "", id_number(1, "110101"), ""),
        ("北京", "", id_number(1, "110101"), ""),
    ],
)
def test_the_county_is_as_given_by_the_address_or_where_the_card_is_from(
    division: str, address: str, number: str, found: str
) -> None:
    assert complete(division, address, number, COUNTIES) == found


def test_parts_are_in_order_and_whole() -> None:
    assert list(batches({5, 1, 4, 2, 3}, 2)) == [[1, 2], [3, 4], [5]]
