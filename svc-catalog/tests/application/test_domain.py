"""The life of an application."""

from itertools import product

import pytest

from lib_kernel import IllegalMove, move
from svc_catalog.application.domain import (
    NEXT,
    FormInvalid,
    MaterialsMissing,
    Status,
    case_number,
    check_materials,
)
from svc_catalog.application.form import check_form

SCHEMA = {
    "type": "object",
    "properties": {"operator_name": {"type": "string", "title": "经营者名称", "maxLength": 4}},
    "required": ["operator_name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def test_a_case_number_has_its_day_and_a_check_character() -> None:
    assert case_number("20260304", 17).startswith("41040020260304000017")
    assert len(case_number("20260304", 17)) == 21


def test_missing_materials_are_named_at_once() -> None:
    item = {
        "materials": [
            {"name": "申请书", "required": True},
            {"name": "照片", "required": True},
            {"name": "委托书", "required": False},
        ]
    }
    with pytest.raises(MaterialsMissing) as refused:
        check_materials(item, {"照片"})
    assert refused.value.facts["missing"] == ["申请书"]
    check_materials(item, {"照片", "申请书"})


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "经营者名称：必填"),
        ({"operator_name": "太长的名称"}, "经营者名称：过长"),
        ({"operator_name": "a", "x": 1}, "表单没有这些字段"),
    ],
)
def test_a_wrong_form_names_the_field_and_quotes_nothing(form: dict[str, object], message: str) -> None:
    with pytest.raises(FormInvalid, match=message) as refused:
        check_form(SCHEMA, form)
    assert "太长的名称" not in refused.value.detail
