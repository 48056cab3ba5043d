"""Two versions compared, element by element, in Chinese."""

from typing import Any

from svc_catalog.element.difference import Change, differences

OLD: dict[str, Any] = {
    "name": "食品经营许可",
    "case_type": "promised",
    "promised_days": 5,
    "unified_acceptance": False,
    "channels": ["pc"],
    "materials": [
        {"name": "申请表", "kind": "form", "required": True},
        {"name": "身份证", "kind": "copy", "required": True},
    ],
    "form": {"title": "申请表", "properties": {"a": {"title": "甲", "maxLength": 9}}, "required": ["a"]},
}


def test_nothing_changed_is_nothing() -> None:
    assert differences(OLD, OLD) == []


def test_values_are_told_in_words() -> None:
    new = {**OLD, "promised_days": 3, "unified_acceptance": True, "channels": ["pc", "mobile"]}
    assert differences(OLD, new) == [
        Change("promised_days", "承诺办结时限", "5", "3"),
        Change("channels", "办理渠道", "网上办事大厅", "网上办事大厅、手机（豫事办）"),
        Change("unified_acceptance", "统一受理", "否", "是"),
    ]


def test_rows_are_compared_by_what_tells_them_apart() -> None:
    materials = [
        {"name": "申请表", "kind": "form", "required": False},
        {"name": "营业执照", "kind": "copy", "required": True},
    ]
    copy = "，材料形式：复印件，必要：是"
    assert differences(OLD, {**OLD, "materials": materials}) == [
        Change("materials.申请表.required", "申请材料 / 申请表 / 必要", "是", "否"),
        Change("materials.身份证", "申请材料 / 身份证", f"材料名称：身份证{copy}", None),
        Change("materials.营业执照", "申请材料 / 营业执照", None, f"材料名称：营业执照{copy}"),
    ]


def test_another_order_is_a_change() -> None:
    (change,) = differences(OLD, {**OLD, "materials": OLD["materials"][::-1]})
    assert (change.label, change.before, change.after) == (
        "申请材料 / 顺序",
        "申请表、身份证",
        "身份证、申请表",
    )


def test_fields_of_the_form_are_compared() -> None:
    form = {
        "title": "新表",
        "properties": {"a": {"title": "甲", "maxLength": 5}, "b": {"title": "乙"}},
        "required": ["b"],
    }
    assert [
        (change.label, change.before, change.after) for change in differences(OLD, {**OLD, "form": form})
    ] == [
        ("申请表单 / 甲 / 最长", "9", "5"),
        ("申请表单 / 乙", None, "乙"),
        ("申请表单 / 甲 / 必填", "是", "否"),
        ("申请表单 / 乙 / 必填", "否", "是"),
        ("申请表单 / 标题", "申请表", "新表"),
    ]


def test_a_new_item_differs_in_all_it_says() -> None:
    assert {change.place.split(".")[0] for change in differences({}, OLD)} == set(OLD)
