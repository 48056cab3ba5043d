"""Merging of forms, which are JSON Schemas of flat objects, as the items of a bundle have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lib_kernel import Invalid

Schema = Mapping[str, Any]

LOWER = ("minLength", "minimum", "minItems", "exclusiveMinimum")
UPPER = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")
SAID = ("title", "description", "default", "examples")
BOUNDS = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"))


class FieldsConflict(Invalid):
    """Two items ask for one field in ways that no answer can satisfy."""

    code = "bundle-fields-conflict"
    title = "合并表单的字段互相矛盾"


@dataclass(frozen=True)
class MergedForm:
    """`sources`: each field with the items that ask for it, in the order of the items."""

    schema: dict[str, Any]
    sources: dict[str, tuple[str, ...]]


def merge_forms(
    title: str,
    forms: Iterable[tuple[str, Schema]],
    *,
    names: Mapping[str, str],
    titles: Mapping[str, str],
) -> MergedForm:
    """Return one form for all.

    `names` gives fields another name in the merged form, so that fields of one meaning become one field;
    `titles` replaces what the first item calls a field.

    Raises:
        FieldsConflict: a field cannot be answered for all; `fields` names each with its items and the rule.
    """
    properties: dict[str, dict[str, Any]] = {}
    sources: dict[str, list[str]] = {}
    required: list[str] = []
    conflicts: list[dict[str, str]] = []
    for item, form in forms:
        for own, field in form.get("properties", {}).items():
            name = names.get(own, own)
            known = properties.get(name)
            askers = sources.setdefault(name, [])
            if known is None:
                properties[name] = dict(field)
            else:
                properties[name], rules = merge_fields(known, field)
                conflicts += [
                    {"field": name, "rule": rule, "items": ",".join([*askers, item])} for rule in rules
                ]
            if item not in askers:
                askers.append(item)
            if own in form.get("required", ()) and name not in required:
                required.append(name)
    if conflicts:
        told = "；".join(f"{found['field']}（{found['rule']}）" for found in conflicts)
        raise FieldsConflict(f"这些字段的要求不能同时满足：{told}", fields=conflicts)
    for name, said in titles.items():
        if name in properties:
            properties[name]["title"] = said
    schema = {
        "type": "object",
        "title": title,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return MergedForm(schema, {name: tuple(items) for name, items in sources.items()})


def merge_fields(one: Schema, other: Schema) -> tuple[dict[str, Any], list[str]]:
    """Return a field that is at least as strict as both, and the rules that contradict each other."""
    merged: dict[str, Any] = dict(one)
    against: list[str] = []
    for rule, value in other.items():
        if rule not in merged:
            merged[rule] = value
        elif rule in LOWER:
            merged[rule] = max(merged[rule], value)
        elif rule in UPPER:
            merged[rule] = min(merged[rule], value)
        elif rule == "enum":
            merged[rule] = [choice for choice in merged[rule] if choice in value]
        elif rule not in SAID and merged[rule] != value:
            against.append(rule)
    if merged.get("enum") == []:
        against.append("enum")
    against += [
        low for low, high in BOUNDS if low in merged and high in merged and merged[low] > merged[high]
    ]
    return merged, against
