"""The catalogue exported, edited, imported, approved, over HTTP."""

import json
from typing import Any

import pytest

from lib_testing import CITIZEN, PUBLIC, Clients, staff
from svc_catalog.catalogue_file.domain import COLUMN_OF
from svc_catalog.catalogue_file.workbook import as_workbook

MARKET = "114104000051846037"
CODE = "410131016001"
EDITOR = staff("s_editor", "item_editor", orgs=(MARKET,))
REVIEWER = staff("s_reviewer", "item_reviewer")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def exported(service: Clients, kind: str) -> bytes:
    answer = await service.as_(EDITOR).get("/v1/catalogue-export", params={"format": kind})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'.{kind}"')
    return answer.content


async def imported(service: Clients, content: bytes, **query: Any) -> dict[str, Any]:
    answer = await service.as_(EDITOR).post("/v1/catalogue-imports", content=content, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    return tuple(found[name] for name in ("new", "changed", "unchanged", "waiting", "failed"))


@pytest.mark.parametrize("kind", ["xlsx", "json"])
async def test_what_was_exported_changes_nothing_when_imported(service: Clients, kind: str) -> None:
    found = await imported(service, await exported(service, kind))
    assert counts(found) == (0, 0, 4, 0, 0)
    assert (found["errors"], found["drafts"]) == ([], [])


async def test_good_rows_go_to_review_and_bad_ones_change_nothing(service: Clients) -> None:
    records = [entry["data"] for entry in json.loads(await exported(service, "json"))["items"]]
    records.sort(key=lambda record: str(record["code"]))
    by_code = {record["code"]: record for record in records}
    by_code[CODE]["conditions"] = "新的条件"
    by_code["410131016002"]["promised_days"] = 99
    by_code["410131016003"]["department"] = "X"
    new = {**by_code[CODE], "code": "410131016005", "implementation_code": f"{MARKET}3410131016005"}
    content = as_workbook([*records, {**new, "name": "新事项"}, by_code[CODE]])
    tried = await imported(service, content, check=True)
    assert (counts(tried), tried["drafts"]) == ((1, 1, 1, 0, 3), [])
    found = await imported(service, content)
    assert counts(found) == (1, 1, 1, 0, 3)
    named = {(error["row"], error["column"]) for error in found["errors"]}
    rows = {record["code"]: number for number, record in enumerate(records, 2)}
    assert (rows["410131016002"], COLUMN_OF["promised_days"]) in named
    assert (rows["410131016003"], COLUMN_OF["department"]) in named
    assert (7, COLUMN_OF["code"]) in named
    again = await imported(service, content)
    assert (counts(again), again["drafts"]) == ((0, 0, 1, 2, 3), [])
    outcome = await service.as_(REVIEWER).post("/v1/item-drafts/approvals", json={"ids": found["drafts"]})
    assert [row["approved"] for row in outcome.json()["items"]] == [True, True]
    page = (await service.as_(PUBLIC).get(f"/v1/items/{CODE}")).json()
    assert (page["version"], page["conditions"]) == (2, "新的条件")
    assert (await service.as_(PUBLIC).get("/v1/items/410131016005")).json()["name"] == "新事项"
    last = await imported(service, content)
    assert counts(last) == (0, 0, 3, 0, 3)


async def test_an_open_draft_of_others_is_not_overwritten(service: Clients) -> None:
    await service.as_(EDITOR).post("/v1/item-drafts", json={"code": CODE})
    items = [entry["data"] for entry in json.loads(await exported(service, "json"))["items"]]
    record = next(item for item in items if item["code"] == CODE)
    content = json.dumps([{**record, "conditions": "新的条件"}]).encode()
    found = await imported(service, content)
    assert counts(found) == (0, 0, 0, 0, 1)
    assert "草稿" in found["errors"][0]["message"]


async def test_files_are_for_those_who_write_items(service: Clients) -> None:
    for caller in (CITIZEN, PUBLIC, staff("s_clerk", "clerk")):
        client = service.as_(caller)
        assert (await client.get("/v1/catalogue-export")).status_code == 403
        assert (await client.post("/v1/catalogue-imports", content=b"[]")).status_code == 403
    answer = await service.as_(EDITOR).post("/v1/catalogue-imports", content="颜色\n红\n".encode())
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/catalogue-file-unreadable")
    assert "颜色" in answer.json()["detail"]


async def test_items_of_another_department_are_refused_by_row(service: Clients) -> None:
    content = await exported(service, "json")
    items = json.loads(content)["items"]
    items[0]["data"]["conditions"] = "新的条件"
    stranger = staff("s_other", "item_editor", orgs=("X",))
    answer = await service.as_(stranger).post("/v1/catalogue-imports", json=items)
    assert (answer.json()["failed"], answer.json()["unchanged"]) == (1, 3)
    assert answer.json()["errors"][0]["row"] == 1
