"""How two records differ, element by element, in words a reviewer reads (版本对比)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from svc_catalog.element.domain import ELEMENTS, Element, Kind, Record, shown

FIELD_LABELS = {
    "title": "名称",
    "type": "类型",
    "enum": "选项",
    "minLength": "最短",
    "maxLength": "最长",
    "pattern": "格式",
    "minimum": "最小值",
    "maximum": "最大值",
    "description": "说明",
}


@dataclass(frozen=True)
class Change:
    """One difference. `place` is the path in the record, `label` says it in Chinese; None: not there."""

    place: str
    label: str
    before: str | None
    after: str | None


def differences(old: Record, new: Record) -> list[Change]:
    """Return what changed from one record to another, in the order of the elements."""
    return [change for element in ELEMENTS for change in _element(element, old, new)]


def _element(element: Element, old: Record, new: Record) -> Iterator[Change]:
    before, after = old.get(element.name), new.get(element.name)
    if before == after:
        return
    if element.kind is Kind.ROWS:
        yield from _rows(element, before or [], after or [])
    elif element.kind is Kind.FORM:
        yield from _form(element, before or {}, after or {})
    else:
        yield Change(element.name, element.label, _said(element, before), _said(element, after))


def _said(element: Element, value: Any) -> str | None:
    return None if value is None else shown(element, value)


def _rows(element: Element, old: list[Record], new: list[Record]) -> Iterator[Change]:
    before = {str(row.get(element.key)): row for row in old}
    after = {str(row.get(element.key)): row for row in new}
    moved = [key for key in before if key in after] != [key for key in after if key in before]
    for key in dict.fromkeys([*before, *after]):
        place, label = f"{element.name}.{key}", f"{element.label} / {key}"
        if key not in after:
            yield Change(place, label, _row(element, before[key]), None)
        elif key not in before:
            yield Change(place, label, None, _row(element, after[key]))
        else:
            for part in element.parts:
                one, other = before[key].get(part.name), after[key].get(part.name)
                if one != other:
                    told = f"{label} / {part.label}"
                    yield Change(f"{place}.{part.name}", told, _said(part, one), _said(part, other))
    if moved:
        yield Change(f"{element.name}.order", f"{element.label} / 顺序", "、".join(before), "、".join(after))


def _row(element: Element, row: Record) -> str:
    return "，".join(
        f"{part.label}：{shown(part, row[part.name])}"
        for part in element.parts
        if row.get(part.name) is not None
    )


def _form(element: Element, old: Record, new: Record) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        title = (other or one).get("title", name)
        place, label = f"{element.name}.{name}", f"{element.label} / {title}"
        if one is None or other is None:
            yield Change(place, label, one and title, other and title)
            continue
        for rule in dict.fromkeys([*one, *other]):
            if one.get(rule) != other.get(rule):
                told = f"{label} / {FIELD_LABELS.get(rule, rule)}"
                yield Change(f"{place}.{rule}", told, _text(one.get(rule)), _text(other.get(rule)))
    were, are = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(were ^ are):
        title = (after.get(name) or before.get(name) or {}).get("title", name)
        yield Change(
            f"{element.name}.{name}.required",
            f"{element.label} / {title} / 必填",
            "是" if name in were else "否",
            "是" if name in are else "否",
        )
    if old.get("title") != new.get("title"):
        yield Change(
            f"{element.name}.title",
            f"{element.label} / 标题",
            _text(old.get("title")),
            _text(new.get("title")),
        )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
