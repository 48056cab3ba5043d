"""The life of an application: lifecycle, tasks, clocks, one-time notice, materials, forms."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from lib_kernel import CITY_ZONE, Conflict, IllegalMove, StaleVersion, move
from lib_testing import WEDNESDAY
from svc_catalog.application.domain import (
    NEXT,
    Application,
    ClockStopped,
    FourEyes,
    Status,
    StopKind,
    ToldAlready,
    case_number,
    new_application,
)
from svc_catalog.application.form import FormInvalid, check_form, form_errors
from svc_catalog.application.materials import Holding, Material, MaterialsMissing, Source, Wallet, complete
from svc_catalog.application.plan import CasePlan, NeededMaterial
from svc_catalog.task.domain import NEXT as TASK_NEXT
from svc_catalog.task.domain import PlannedStep, TaskStatus

LAW = "《食品安全法》第三十五条"
SCHEMA = {
    "type": "object",
    "properties": {"operator_name": {"type": "string", "title": "经营者名称", "maxLength": 4}},
    "required": ["operator_name"],
    "additionalProperties": False,
}


def a_plan(*steps: PlannedStep, days: int = 3, **changes: Any) -> CasePlan:
    known: dict[str, Any] = {
        "code": "i1",
        "version": 1,
        "name": "食品经营许可",
        "department": "d1",
        "is_bundle": len(steps) > 1,
        "steps": steps or (PlannedStep("i1", "食品经营许可", "d1", (), days),),
        "form": {},
        "materials": (NeededMaterial("申请书", None), NeededMaterial("营业执照", "LT9")),
        "promised_days": days,
        "result_license_type": None,
        "is_instant": False,
        "is_unified": True,
    }
    return CasePlan(**{**known, **changes})


def an_application(plan: CasePlan | None = None, at: datetime = WEDNESDAY) -> Application:
    return new_application(
        plan or a_plan(),
        submitted_at=at,
        case_number="1",
        person_id="p",
        service_point="h",
        appointment_id=None,
        channel="pc",
        applicant="",
        form="",
        materials=[],
    )


def later(days: int) -> datetime:
    return WEDNESDAY + timedelta(days=days)


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


@pytest.mark.parametrize(("current", "wanted"), list(product(TaskStatus, TaskStatus)))
def test_tasks_move_only_as_listed(current: TaskStatus, wanted: TaskStatus) -> None:
    if wanted in TASK_NEXT[current]:
        assert move(current, wanted, TASK_NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, TASK_NEXT)


def test_a_case_number_has_its_day_and_a_check_character() -> None:
    assert case_number("20260304", 17).startswith("41040020260304000017")
    assert len(case_number("20260304", 17)) == 21


def test_tasks_open_in_the_order_of_the_graph_and_the_last_grants_the_whole() -> None:
    application = an_application(
        a_plan(
            PlannedStep("a", "营业执照", "d1", (), 1),
            PlannedStep("b", "消防检查", "d2", ("a",), 2),
            PlannedStep("c", "店招审批", "d3", ("a",), 2),
            PlannedStep("d", "食品许可", "d1", ("b", "c", "pruned"), 3),
            days=6,
        )
    )
    application.accept("clerk", WEDNESDAY)
    a, b, c, d = application.tasks
    assert [task.status.value for task in application.tasks] == ["open", "waiting", "waiting", "waiting"]
    application.approve_task(a, "o1", later(1))
    assert (b.status, c.status, d.status) == (TaskStatus.OPEN, TaskStatus.OPEN, TaskStatus.WAITING)
    assert application.status is Status.IN_PROGRESS
    application.approve_task(c, "o3", later(2))
    assert d.status is TaskStatus.WAITING
    application.approve_task(b, "o2", later(2))
    assert d.due_at is not None
    assert d.due_at.isoformat() == "2026-03-11T23:59:59+08:00"
    application.approve_task(d, "o1", later(5))
    assert application.status.value == "approved"


def test_a_refused_part_refuses_the_whole_and_ends_the_other_tasks() -> None:
    application = an_application(
        a_plan(PlannedStep("a", "甲", "d1", (), 1), PlannedStep("b", "乙", "d2", (), 2))
    )
    application.accept("clerk", WEDNESDAY)
    application.refuse_task(application.tasks[0], "o1", later(1), "不符合条件", LAW)
    assert application.status is Status.REFUSED
    assert application.legal_ground == LAW
    assert application.tasks[1].status is TaskStatus.CANCELLED


def test_who_accepts_does_not_decide_any_task() -> None:
    application = an_application()
    application.accept("s", WEDNESDAY)
    with pytest.raises(FourEyes):
        application.approve_task(application.tasks[0], "s", WEDNESDAY)


def test_a_stopped_clock_moves_the_deadlines_by_the_working_days_that_passed() -> None:
    application = an_application(a_plan(days=5))
    application.accept("clerk", WEDNESDAY)
    assert application.due_at is not None
    assert application.warn_at is not None
    assert (application.due_at.day, application.warn_at.day) == (11, 10)
    application.stop_clock(StopKind.EXPERT_REVIEW, "o1", later(1), "专家评审")
    with pytest.raises(ClockStopped):
        application.approve_task(application.tasks[0], "o1", later(2))
    with pytest.raises(ClockStopped):
        application.stop_clock(StopKind.HEARING, "o1", later(2), "听证")
    application.run_clock("o1", later(5), "评审结束")  # Thursday to Monday: Friday and Monday do not count.
    assert (application.due_at.day, application.warn_at.day) == (13, 12)
    assert application.tasks[0].due_at == application.due_at
    with pytest.raises(Conflict, match="没有暂停"):
        application.run_clock("o1", later(5), "再次")


def test_an_application_nobody_answered_counts_from_its_receipt() -> None:
    application = an_application()
    assert application.tell_by == datetime(2026, 3, 11, 23, 59, 59, tzinfo=CITY_ZONE)
    application.deem_accepted(later(8))
    assert application.is_deemed_accepted
    assert application.accepted_at == WEDNESDAY
    assert application.due_at == datetime(2026, 3, 9, 23, 59, 59, tzinfo=CITY_ZONE)


def test_after_a_supplement_the_five_days_begin_anew() -> None:
    application = an_application()
    application.request_supplement("clerk", WEDNESDAY, "缺照片", ["照片"])
    assert application.tell_by is None
    application.supplement("p", later(10), "", [])
    assert application.tell_by == datetime(2026, 3, 20, 23, 59, 59, tzinfo=CITY_ZONE)
    application.deem_accepted(later(20))
    assert application.accepted_at == later(10)


def test_what_is_missing_is_told_in_one_go() -> None:
    application = an_application()
    application.request_supplement("clerk", WEDNESDAY, "缺两样", ["照片", "合同"])
    application.supplement("p", WEDNESDAY, "", [])
    with pytest.raises(ToldAlready):
        application.request_supplement("clerk", WEDNESDAY, "还缺", ["授权书"])
    application.request_supplement("clerk", WEDNESDAY, "照片仍缺", ["照片"])


def test_a_transferred_only_task_takes_the_application_along() -> None:
    application = an_application()
    application.accept("clerk", WEDNESDAY)
    application.transfer_task(application.tasks[0], "d9", "o1", WEDNESDAY, "职责调整")
    assert (application.department, application.tasks[0].department) == ("d9", "d9")


def test_withdrawal_ends_open_tasks() -> None:
    application = an_application()
    application.accept("clerk", WEDNESDAY)
    application.withdraw("p", WEDNESDAY)
    assert application.tasks[0].status is TaskStatus.CANCELLED


def test_a_stale_version_is_noticed() -> None:
    application = an_application()
    application.accept("clerk", WEDNESDAY)
    with pytest.raises(StaleVersion):
        application.check_version(1)


def test_missing_materials_are_named_at_once_and_an_absent_wallet_is_said() -> None:
    with pytest.raises(MaterialsMissing) as refused:
        complete(a_plan(), [], Wallet(is_away=True))
    assert refused.value.facts["missing"] == ["申请书", "营业执照"]
    assert "暂不可用" in refused.value.detail


def test_what_the_wallet_proves_need_not_be_handed_in() -> None:
    wallet = Wallet({"LT9": Holding("LT9", "l1", "营业执照")})
    materials, findings = complete(a_plan(), [Material("申请书", Source.APPLICANT)], wallet)
    assert [material.source for material in materials] == [Source.APPLICANT, Source.WALLET]
    assert findings[0]["code"] == "proven-by-wallet"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "经营者名称：必填"),
        ({"operator_name": "太长的名称"}, "经营者名称：过长"),
        ({"operator_name": 3}, "经营者名称：类型不正确，应为文本"),
        ({"operator_name": "a", "x": 1}, "表单没有这些字段"),
    ],
)
def test_a_wrong_form_names_the_field_and_quotes_nothing(form: dict[str, object], message: str) -> None:
    with pytest.raises(FormInvalid, match=message) as refused:
        check_form(SCHEMA, form)
    assert "太长的名称" not in refused.value.detail


def test_errors_name_the_exact_nested_field() -> None:
    person = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "姓名", "minLength": 1},
            "health": {"type": "string", "title": "健康证号", "pattern": "^[0-9]{8}$"},
            "since": {"type": "string", "title": "上岗日期", "format": "date"},
        },
        "required": ["name", "health"],
    }
    schema = {
        "type": "object",
        "properties": {"staff": {"type": "array", "title": "从业人员", "items": person, "minItems": 1}},
    }
    found = form_errors(schema, {"staff": [{"name": "", "health": "1"}, {"since": "2026-13-01"}]})
    assert [(error["field"], error["title"], error["message"]) for error in found] == [
        ("form.staff.0.health", "从业人员第1项 / 健康证号", "格式不正确"),
        ("form.staff.0.name", "从业人员第1项 / 姓名", "不能为空"),
        ("form.staff.1.health", "从业人员第2项 / 健康证号", "必填"),
        ("form.staff.1.name", "从业人员第2项 / 姓名", "必填"),
        ("form.staff.1.since", "从业人员第2项 / 上岗日期", "格式不正确"),
    ]
