"""Suggestions with reasons, routing rules with a dry run, similar cases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_db import Sessions
from lib_gm import FieldCipher
from lib_kernel import new_id
from lib_testing import CITIZEN, Clients, FixedClock, staff, until_waiting
from svc_complaint.triage import store
from svc_complaint.triage.domain import Category, Facts, Rule, RuleInvalid, likeness, route, suggest
from svc_complaint.triage.segment import fingerprints, words

MARKET, POLICE = "114104000051840136", "114104000051840211"
DISPATCHER = staff("s_dispatcher", "dispatcher")
ADMIN = staff("s_admin", "admin")
WORDS = st.sets(st.integers(0, 30), max_size=12)


def a_rule(code: str, priority: int, when: dict[str, Any], then: dict[str, Any]) -> Rule:
    return Rule.parse({"code": code, "priority": priority, "when": when, "then": then})


def test_the_strongest_category_comes_first_and_says_why() -> None:
    waiting = Category("waiting", "等候", None, None, {"排队": 3, "很久": 1.5})
    fund = Category("fund", "公积金", None, "F", {"公积金": 4})
    text = "公积金窗口排队很久"
    found = suggest(words(text), text, [waiting, fund])
    assert [(one.category, one.score) for one in found] == [("waiting", 4.5), ("fund", 4.0)]
    assert [(reason.word, reason.weight) for reason in found[0].reasons] == [("排队", 3), ("很久", 1.5)]
    assert suggest(words("天气不错"), "天气不错", [waiting, fund]) == []


@pytest.mark.parametrize(
    ("text", "category", "department"),
    [
        ("孩子上小学学区划分不清，入学报名被拒", "school", "1141040000518411XC"),
        ("住院费用异地就医医保报销迟迟不到账", "medical_insurance", "11410400005184056K"),
        ("户口迁移派出所说身份证地址不对", "household", POLICE),
        ("办营业执照注册总被驳回", "business_license", MARKET),
        ("豫事办登录闪退，验证码收不到", "system", "114104000051843717"),
    ],
)
async def test_everyday_texts_are_sorted_in(
    service: Clients, text: str, category: str, department: str
) -> None:
    answer = await service.as_(DISPATCHER).post("/v1/triage-suggestions", json={"content": text})
    first = answer.json()["items"][0]
    assert (first["category"], first["department"]) == (category, department)
    assert first["reasons"]


def test_the_first_rule_by_priority_that_names_a_department_wins() -> None:
    rules = [
        a_rule("rest", 900, {}, {"department_of_category": True}),
        a_rule("hall", 5, {"service_points": ["H"]}, {"department": "D", "urgency": "urgent"}),
        a_rule("nothing", 1, {}, {"urgency": "urgent"}),
    ]
    found = route(Facts("consultation", service_point="H", category_department="C"), rules)
    assert found is not None
    assert (found.rule, found.department, found.urgency) == ("hall", "D", "urgent")
    rest = route(Facts("consultation", category_department="C"), rules)
    assert rest is not None
    assert rest.department == "C"
    assert route(Facts("consultation"), rules) is None


@pytest.mark.parametrize(
    ("when", "facts", "fits"),
    [
        ({"kinds": ["a"]}, Facts("a"), True),
        ({"kinds": ["a"]}, Facts("b"), False),
        ({"item_prefixes": ["41", "42"]}, Facts("a", item_code="4201"), True),
        ({"item_prefixes": ["41"]}, Facts("a"), False),
        ({"fields": {"matter": ["x"]}}, Facts("a", fields={"matter": "x"}), True),
        ({"fields": {"matter": ["x"]}}, Facts("a"), False),
        ({"divisions": ["1"], "channels": ["pc"]}, Facts("a", division="1", channel="mobile"), False),
    ],
)
def test_all_conditions_of_a_rule_must_hold(when: dict[str, Any], facts: Facts, fits: bool) -> None:
    assert a_rule("r", 1, when, {"department": "D"}).fits(facts) is fits


@pytest.mark.parametrize(
    "value",
    [
        {"code": "x"},
        {"code": "x", "priority": 1, "when": {"moon": ["full"]}, "then": {}},
        {"code": "x", "priority": 1, "when": {"kinds": "a"}, "then": {}},
        {"code": "x", "priority": 1, "when": {}, "then": {"urgency": "asap"}},
    ],
)
def test_rules_that_the_engine_does_not_know_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(RuleInvalid):
        Rule.parse(value)


async def test_a_dry_run_shows_which_of_yesterdays_cases_would_go_elsewhere_and_changes_nothing(
    service: Clients, clock: FixedClock
) -> None:
    bodies = [
        {"content": "办营业执照注册总被驳回", "service_point": "410422-HALL"},
        {"content": "户口迁移派出所说不行"},
        {"content": "没有说是什么事情"},
    ]
    for body in bodies:
        await service.as_(CITIZEN).post("/v1/cases", json=body)
    clock.advance(timedelta(days=1))
    rules = [
        {"code": "ye", "priority": 1, "when": {"divisions": ["410422000000"]}, "then": {"department": POLICE}}
    ]
    client = service.as_(DISPATCHER)
    before = (await client.get("/v1/routing-rules")).json()
    trial = (await client.post("/v1/routing-rules/trial", json={"rules": rules})).json()
    assert (trial["day"], trial["cases"], trial["without_department"]) == ("2026-03-04", 3, 2)
    assert [(one["department_then"], one["rule"]) for one in trial["moved"]] == [(POLICE, "ye")]
    assert (await client.get("/v1/routing-rules")).json() == before
    assert (await client.put("/v1/routing-rules", json={"rules": rules})).status_code == 403
    published = (await service.as_(ADMIN).put("/v1/routing-rules", json={"rules": rules})).json()
    assert published["version"] == before["version"] + 1
    broken = [{"code": "x", "priority": 1, "when": {"moon": []}, "then": {}}]
    refused = await client.post("/v1/routing-rules/trial", json={"rules": broken})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/routing-rule-invalid")


async def test_of_two_who_publish_rules_at_once_the_second_is_told(
    service: Clients, sessions: Sessions, clock: FixedClock
) -> None:
    then = {"department": MARKET}
    mine, theirs = ([{"code": code, "priority": 1, "when": {}, "then": then}] for code in ("mine", "theirs"))
    async with sessions() as session:
        version = await store.publish_rules(session, mine, "s_other", clock.now())
        publishing = asyncio.create_task(service.as_(ADMIN).put("/v1/routing-rules", json={"rules": theirs}))
        await until_waiting(sessions)
        await session.commit()
    refused = await publishing
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/stale-version")
    in_force = (await service.as_(DISPATCHER).get("/v1/routing-rules")).json()
    assert (in_force["version"], in_force["rules"][0]["code"]) == (version, "mine")


async def test_a_rule_may_dispatch_at_once(service: Clients) -> None:
    then = {"department": MARKET, "auto_dispatch": True, "urgency": "urgent"}
    rules = [{"code": "now", "priority": 1, "when": {"channels": ["mobile"]}, "then": then}]
    await service.as_(ADMIN).put("/v1/routing-rules", json={"rules": rules})
    made = (await service.as_(CITIZEN).post("/v1/cases", json={"content": "没有说是什么事情"})).json()
    assert (made["status"], made["department"], made["urgency"]) == ("dispatched", MARKET, "urgent")


@given(WORDS, WORDS)
def test_likeness_is_symmetric_and_one_only_for_the_same_words(one: set[int], other: set[int]) -> None:
    value = likeness(one, other, {})
    assert value == pytest.approx(likeness(other, one, {}))
    assert 0 <= value <= 1 + 1e-9
    assert (value > 1 - 1e-9) == (bool(one) and one == other)


def test_fingerprints_tell_no_words_and_depend_on_the_key() -> None:
    keys = [FieldCipher("k", {"k": b"1" * 16}, index) for index in (b"2" * 32, b"3" * 32)]
    mine, theirs = (fingerprints("食品经营许可证没有办成", key) for key in keys)
    assert mine
    assert not set(mine) & set(theirs)
    assert all(0 <= word < 2**60 for word in mine)


async def test_words_that_many_cases_have_do_not_make_cases_alike(
    service: Clients, sessions: Sessions, clock: FixedClock, cipher: FieldCipher
) -> None:
    common = fingerprints("食品经营许可证", cipher)
    rare = fingerprints("糖画摊位备案", cipher)
    async with sessions.begin() as session:
        triage = store.TriageStore(session)
        for _ in range(60):
            await triage.remember(new_id(), common, clock.now())
        likely = new_id()
        await triage.remember(likely, sorted({*rare, *common[:1]}), clock.now())
    await store.count_words(sessions, clock)
    async with sessions() as session:
        found = await store.similar(session, sorted({*common, *rare}), clock.now())
    assert found[0].case_id == likely
    async with sessions() as session:
        assert await store.similar(session, [], clock.now()) == []
