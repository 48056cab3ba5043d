"""Suggestions with their reasons: weighted terms of categories, routing rules, likeness of word sets."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_kernel import Invalid

MOST_SUGGESTIONS = 3
SIMILAR_FROM = 0.5


class RuleInvalid(Invalid):
    """A routing rule says something the engine does not know."""

    code = "routing-rule-invalid"
    title = "分派规则不正确"


@dataclass(frozen=True)
class Category:
    """A cause (原因类别) of the taxonomy; `terms` are words with weights that speak for it."""

    code: str
    name: str
    parent: str | None
    department: str | None
    terms: Mapping[str, float]


@dataclass(frozen=True)
class Reason:
    """A word of the text that speaks for a category, and how much."""

    word: str
    weight: float


@dataclass(frozen=True)
class Suggestion:
    """A category with its department, score and the words that led there."""

    category: str
    name: str
    department: str | None
    score: float
    reasons: tuple[Reason, ...]


def suggest(words: Sequence[str], text: str, categories: Sequence[Category]) -> list[Suggestion]:
    """Return the categories that the words speak for, the strongest first.

    A term counts once, when it is a word of the text, or, being longer than a word, part of the text.
    """
    present = set(words)
    found = []
    for category in categories:
        reasons = tuple(
            Reason(term, weight)
            for term, weight in sorted(category.terms.items(), key=lambda pair: (-pair[1], pair[0]))
            if term in present or (len(term) > 1 and term in text)
        )
        if reasons:
            score = round(sum(reason.weight for reason in reasons), 2)
            found.append(Suggestion(category.code, category.name, category.department, score, reasons))
    return sorted(found, key=lambda one: (-one.score, one.category))[:MOST_SUGGESTIONS]


@dataclass(frozen=True)
class Facts:
    """What rules look at."""

    kind: str
    category: str | None = None
    category_department: str | None = None
    item_code: str | None = None
    service_point: str | None = None
    division: str | None = None
    channel: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """Where a case goes and which rule says so."""

    rule: str
    department: str | None
    urgency: str
    auto_dispatch: bool


WHEN = {"kinds", "categories", "item_prefixes", "service_points", "divisions", "channels", "fields"}
THEN = {"department", "department_of_category", "category_from_text", "urgency", "auto_dispatch"}


@dataclass(frozen=True)
class Rule:
    """A routing rule (分派规则): all its conditions must hold; the lowest priority number wins."""

    code: str
    priority: int
    when: Mapping[str, Any]
    then: Mapping[str, Any]

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> "Rule":
        """Read a rule. Raises RuleInvalid naming what is wrong."""
        try:
            rule = cls(str(value["code"]), int(value["priority"]), dict(value["when"]), dict(value["then"]))
        except (KeyError, TypeError, ValueError) as error:
            raise RuleInvalid("规则须有 code、priority、when、then", field="rules") from error
        if unknown := (set(rule.when) - WHEN) | (set(rule.then) - THEN):
            raise RuleInvalid(f"规则 {rule.code} 中不认识 {'、'.join(sorted(unknown))}", field="rules")
        lists = (value for key, value in rule.when.items() if key != "fields")
        if not all(isinstance(value, list) for value in lists):
            raise RuleInvalid(f"规则 {rule.code} 的条件须为列表", field="rules")
        if rule.then.get("urgency", "normal") not in {"normal", "urgent"}:
            raise RuleInvalid(f"规则 {rule.code} 的 urgency 须为 normal 或 urgent", field="rules")
        return rule

    def fits(self, facts: Facts) -> bool:
        """Return whether all conditions hold."""
        values = {
            "kinds": facts.kind,
            "categories": facts.category,
            "service_points": facts.service_point,
            "divisions": facts.division,
            "channels": facts.channel,
        }
        if any(name in self.when and value not in self.when[name] for name, value in values.items()):
            return False
        prefixes = self.when.get("item_prefixes")
        if prefixes is not None and not (facts.item_code or "").startswith(tuple(prefixes)):
            return False
        wanted: Mapping[str, Any] = self.when.get("fields", {})
        return all(facts.fields.get(name) in allowed for name, allowed in wanted.items())

    def department(self, facts: Facts) -> str | None:
        """Return the department it names, if any."""
        own: str | None = self.then.get("department")
        by_category = self.then.get("department_of_category") or self.then.get("category_from_text")
        return own or (facts.category_department if by_category else None)


def route(facts: Facts, rules: Sequence[Rule]) -> Route | None:
    """Return where the first fitting rule that names a department sends a case."""
    for rule in sorted(rules, key=lambda one: (one.priority, one.code)):
        if rule.fits(facts) and (department := rule.department(facts)):
            urgency = rule.then.get("urgency", "normal")
            return Route(rule.code, department, urgency, bool(rule.then.get("auto_dispatch", False)))
    return None


def likeness(one: Collection[int], other: Collection[int], weights: Mapping[int, float]) -> float:
    """Return the weighted cosine of two word sets, 0 to 1; a word without a weight counts 1."""
    mine, theirs = set(one), set(other)
    shared = sum(weights.get(word, 1.0) ** 2 for word in mine & theirs)
    norms = [math.sqrt(sum(weights.get(word, 1.0) ** 2 for word in words)) for words in (mine, theirs)]
    return shared / (norms[0] * norms[1]) if all(norms) else 0.0


def rarity(count: int, total: int) -> float:
    """Return the weight of a word that `count` of `total` cases have."""
    return math.log((total + 1) / (count + 1)) + 0.1
