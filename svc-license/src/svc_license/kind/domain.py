"""What a kind of licence says and how long one is good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from lib_kernel import DomainError, Invalid, NotFound, is_citizen_id


class NoSuchKind(NotFound):
    """There is no such kind of licence."""

    code = "license-type-not-found"
    title = "没有这种证照"


class KindInvalid(DomainError):
    """The definition of a kind contradicts itself; it is not loaded."""

    code = "license-type-invalid"
    title = "证照类型定义有误"


class Rule(StrEnum):
    """How the last day of a licence is found."""

    NONE = "none"
    YEARS = "years"
    BIRTHDAY = "birthday"
    FIELD = "field"


@dataclass(frozen=True)
class Validity:
    """The rule with what it needs: `years`, the holder's `age`, or the `field` that holds the day."""

    rule: Rule = Rule.NONE
    years: int = 0
    age: int = 0
    field: str = ""

    def last_day(self, issued_on: date, fields: Mapping[str, str], holder_number: str) -> date | None:
        """Return the last day on which a licence issued today is good; None for one without an end.

        Raises:
            Invalid: the day cannot be found, or has passed already.
        """
        found = self._last_day(issued_on, fields, holder_number)
        if found is not None and found < issued_on:
            raise Invalid("按有效期规则，证照在签发前已经到期", field="valid_until")
        return found

    def _last_day(self, issued_on: date, fields: Mapping[str, str], holder_number: str) -> date | None:
        if self.rule is Rule.NONE:
            return None
        if self.rule is Rule.YEARS:
            return same_day(issued_on, self.years) - timedelta(days=1)
        if self.rule is Rule.BIRTHDAY:
            return same_day(_birth(holder_number), self.age) - timedelta(days=1)
        return _day(fields.get(self.field, ""), self.field)


@dataclass(frozen=True)
class Kind:
    """A kind of licence with the department that issues it and its seal.

    `code` is the GB/T 36904 type code; `schema` the JSON Schema of the fields, whose `title`s stand on the
    page; `template` the page, checked by `template.parse_template`.
    """

    code: str
    name: str
    issuer: str
    issuer_name: str
    seal_code: str
    holder_kind: str
    validity: Validity
    schema: Mapping[str, Any]
    template: Mapping[str, Any]

    @property
    def titles(self) -> dict[str, str]:
        """Return the fields with their titles, in order."""
        return {name: about.get("title", name) for name, about in self.schema["properties"].items()}

    @cached_property
    def photos(self) -> frozenset[str]:
        """Return the fields that hold a picture, not text."""
        properties = self.schema["properties"].items()
        return frozenset(name for name, about in properties if about.get("format") == "photo")

    def known(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return those of some values that belong on this licence."""
        return {name: fields[name] for name in self.schema["properties"] if fields.get(name)}


def same_day(day: date, years: int) -> date:
    """Return the day some years later; the 29th of February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _birth(number: str) -> date:
    if not is_citizen_id(number):
        raise Invalid("有效期由出生日期推算，需要居民身份证号码", field="holder_number")
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("日期应为 YYYY-MM-DD", field=field) from error
