"""A merged form is at least as strict as every form in it, and says when it cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from svc_catalog.merged_form.domain import FieldsConflict, merge_fields, merge_forms


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({"type": "string"}, {"type": "integer"}, "type"),
        ({"pattern": "^a$"}, {"pattern": "^b$"}, "pattern"),
        ({"enum": ["a", "b"]}, {"enum": ["c"]}, "enum"),
        ({"minLength": 9}, {"maxLength": 3}, "minLength"),
        ({"minimum": 9}, {"maximum": 3}, "minimum"),
        ({"format": "date"}, {"format": "email"}, "format"),
    ],
)
def test_rules_that_contradict_each_other_are_found(
    one: dict[str, Any], other: dict[str, Any], rule: str
) -> None:
    assert merge_fields(one, other)[1] == [rule]
    forms = [("A", {"properties": {"x": one}}), ("B", {"properties": {"x": other}})]
    with pytest.raises(FieldsConflict) as caught:
        merge_forms("表", forms, names={}, titles={})
    assert caught.value.facts["fields"] == [{"field": "x", "rule": rule, "items": "A,B"}]


def test_choices_are_those_that_both_offer() -> None:
    merged, against = merge_fields({"enum": ["a", "b", "c"]}, {"enum": ["c", "b"], "title": "其他"})
    assert (merged, against) == ({"enum": ["b", "c"], "title": "其他"}, [])


fields = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(2, 6),
        "enum": st.lists(st.sampled_from(["", "a", "bb", "ccc", "dddd"]), min_size=1, unique=True),
        "title": st.sampled_from(["甲", "乙"]),
    },
)
forms = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("xyz"), fields), st.sets(st.sampled_from("xyz"))), min_size=1
)
answers = st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["", "a", "bb", "ccc", "dddd", "eeeeeee"]))


@given(forms, answers)
def test_what_the_merged_form_takes_every_form_takes(
    drawn: list[tuple[dict[str, Any], set[str]]], answer: dict[str, str]
) -> None:
    schemas = [
        {"type": "object", "properties": fields, "required": sorted(set(fields) & required)}
        for fields, required in drawn
    ]
    try:
        merged = merge_forms("表", [(str(n), s) for n, s in enumerate(schemas)], names={}, titles={})
    except FieldsConflict:
        return
    if Draft202012Validator(merged.schema).is_valid(answer):
        for schema in schemas:
            own = {name: value for name, value in answer.items() if name in schema["properties"]}
            assert Draft202012Validator(schema).is_valid(own)
