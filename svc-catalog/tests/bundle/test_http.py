"""The four shipped bundles and their plans, on the whole demo city."""

import json
from itertools import product
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from lib_db import Sessions
from lib_testing import PUBLIC, Clients, FixedClock, field_keys_file, internal_keys_file, running, staff
from svc_catalog.bundle.domain import NothingToDo, plan
from svc_catalog.bundle.store import all_bundles, load, members_of, planned
from svc_catalog.main import create_app
from svc_catalog.settings import Settings

CITY = Path(__file__).parents[3] / "deploy" / "demo" / "city"
RESTAURANT = {
    "entity": "individual",
    "size": "standard",
    "gathering": "yes",
    "place": "rent",
    "extras": ["signboard", "drain"],
    "agent": "self",
}


async def test_the_bundles_are_shipped_and_loading_them_again_changes_nothing(whole_city: Sessions) -> None:
    records = json.loads((CITY / "bundles.json").read_text(encoding="utf-8"))
    async with whole_city() as session:
        found = await all_bundles(session)
        assert [bundle.name for bundle in found] == [
            "工程建设项目审批",
            "开办旅馆",
            "开办餐馆",
            "小学生新生入学",
        ]
        assert [await load(session, record) for record in records] == [None] * 4
        assert await load(session, {**records[0], "summary": "新的说明"}) == 2


async def test_every_combination_of_answers_gives_a_plan(whole_city: Sessions) -> None:
    async with whole_city() as session:
        bundles = await all_bundles(session)
        members = [await members_of(session, bundle) for bundle in bundles]
    for bundle, items in zip(bundles, members, strict=True):
        names = [question.code for question in bundle.questions]
        combinations = list(product(*(list(question.choices) for question in bundle.questions)))
        # Of thousands some, spread evenly: an odd step does not keep to one choice of a question.
        for combination in combinations[:: max(1, len(combinations) // 80) | 1]:
            try:
                found = plan(bundle, items, dict(zip(names, combination, strict=True)))
            except NothingToDo:
                continue
            assert set(found.form["required"]) <= set(found.form["properties"]) == set(found.field_sources)
            done: set[str] = set()
            for task in found.tasks:
                assert set(task.after) <= done
                done.add(task.item_code)


async def test_a_restaurant_by_one_form_and_one_set_of_materials(whole_city: Sessions) -> None:
    async with whole_city() as session:
        found = await planned(session, "open-restaurant", RESTAURANT)
    tasks = {task.item_name: task for task in found.tasks}
    assert next(iter(tasks)) == "营业执照办理（个体工商户）"
    licence = tasks["营业执照办理（个体工商户）"].item_code
    assert tasks["食品经营许可（新办）"].after == (licence,)
    assert len(found.field_sources["operator_name"]) > 2
    assert found.form["properties"]["operator_name"]["title"] == "店铺（企业）名称"
    materials = {material.name: material for material in found.materials}
    Draft202012Validator.check_schema(dict(found.form))
    # The business licence is made on the way, so nobody has to bring it; an agent's mandate is not needed.
    assert materials["营业执照"].made_by == licence
    assert "授权委托书" not in materials
    assert len(materials["经营场所使用证明"].wanted_by) >= 3
    assert found.promised_days < sum(task.days for task in found.tasks)


async def test_an_engineering_project_goes_through_four_stages(whole_city: Sessions) -> None:
    answers: dict[str, Any] = {
        "stages": ["land", "works", "construction", "completion"],
        "funds": "government",
        "energy": "no",
        "environment": "report",
        "soil": "yes",
        "shelter": "build",
        "fire": "yes",
        "road": ["dig", "waste"],
    }
    async with whole_city() as session:
        found = await planned(session, "engineering-project", answers)
        only = await planned(
            session, "engineering-project", {"stages": "construction", "fire": "no", "road": "none"}
        )
    order = [stage.code for stage in found.stages]
    places = [order.index(task.stage) for task in found.tasks]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2, 3}
    assert {task.stage for task in only.tasks} == {"construction"}


async def test_the_plan_is_explained_over_http(city_database: str, nats_url: str, tmp_path: Path) -> None:
    settings = Settings(
        database_url=city_database,
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path),
        field_keys_file=field_keys_file(tmp_path),
        log_level="WARNING",
    )
    async with running(create_app(settings, FixedClock())) as service:
        await _explained(service)


async def _explained(service: Clients) -> None:
    client = service.as_(PUBLIC)
    listed = (await client.get("/v1/bundles")).json()["items"]
    assert len(listed) == 4
    bundle = await client.get("/v1/bundles/open-restaurant")
    assert all(member["available"] for member in bundle.json()["members"])
    tag = {"If-None-Match": bundle.headers["etag"]}
    assert (await client.get("/v1/bundles/open-restaurant", headers=tag)).status_code == 304
    questions = (await client.get("/v1/bundles/open-restaurant/questions")).json()["items"]
    assert questions[2]["when"] == {"size": ["standard"]}
    path = "/v1/bundles/open-restaurant/plans"
    plan = (await client.post(path, json={"answers": RESTAURANT})).json()
    name = next(field for field in plan["fields"] if field["name"] == "operator_name")
    assert "食品经营许可（新办）" in {item["name"] for item in name["asked_by"]}
    assert plan["saving"]["fields"] < plan["saving"]["fields_before"]
    assert plan["saving"]["materials"] < plan["saving"]["materials_before"]
    assert plan["saving"]["days"] == plan["promised_days"]
    missing = await client.post(path, json={"answers": {"entity": "individual"}})
    assert (missing.status_code, missing.json()["type"]) == (422, "/problems/bundle-answers-invalid")
    assert {error["field"] for error in missing.json()["errors"]} == {"size", "place", "extras", "agent"}
    found = (await client.get("/v1/items", params={"bundle": "open-hotel"})).json()["items"]
    assert "旅馆业特种行业许可" in {item["name"] for item in found}
    reviewer = service.as_(staff("s_reviewer", "item_reviewer"))
    code = plan["tasks"][0]["item_code"]
    await reviewer.post(f"/v1/items/{code}/suspension", json={"reason": "系统升级"})
    refused = await client.post(path, json={"answers": RESTAURANT})
    assert (refused.status_code, refused.json()["items"]) == (409, [code])
    assert (await client.get("/v1/bundles/none")).status_code == 404
