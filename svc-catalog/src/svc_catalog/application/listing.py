"""Lists and counts of applications: only what the reader may see, one index scan for each way of seeing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import CITY_ZONE
from svc_catalog.application.domain import OPEN, Status
from svc_catalog.application.store import application

MOST_OPEN = 200
_c = application.c
LATEST = (_c.submitted_at.desc(), _c.id.desc())
LISTED = (
    _c.id,
    _c.case_number,
    _c.person_id,
    _c.item_code,
    _c.item_name,
    _c.is_bundle,
    _c.department,
    _c.service_point,
    _c.channel,
    _c.status,
    _c.submitted_at,
    _c.due_at,
    _c.warned_at,
    _c.overdue_at,
    _c.stopped_at,
    _c.conveniences,
    _c.delivery_method,
    _c.version,
)
NAMES = tuple(str(column.name) for column in LISTED)  # plain text, not the library's kind of it


@dataclass(frozen=True)
class Scope:
    """What a reader may see: one's own, or what departments and points have; `everything` for an admin."""

    person_id: str | None = None
    departments: frozenset[str] = frozenset()
    points: frozenset[str] = frozenset()
    everything: bool = False


@dataclass(frozen=True)
class Wanted:
    """Filters; None does not narrow."""

    status: Status | None = None
    item_code: str | None = None
    service_point: str | None = None
    is_overdue: bool = False


async def listed(
    session: AsyncSession, scope: Scope, wanted: Wanted, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Return applications, the latest first.

    A staff member sees an application by its department or by its service point. Each way is a page of its
    own from its own index; the union of the pages holds the page of all. `OR` would read and sort everything.
    """
    ways = _ways(scope, wanted)
    if not ways:
        return []
    shape = Shape(
        tuple(name for name, _ in ways),
        wanted.status is not None,
        wanted.item_code is not None,
        wanted.service_point is not None,
        wanted.is_overdue,
        before is not None,
    )
    values: dict[str, Any] = {f"way_{place}": value for place, (_, value) in enumerate(ways)}
    values |= {
        "status": wanted.status,
        "item_code": wanted.item_code,
        "point": wanted.service_point,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "most": limit,
    }
    rows: Sequence[Row[Any]] = (await session.execute(_statement(shape), values)).all()
    return rows


async def open_of_person(session: AsyncSession, person_id: str) -> Sequence[Row[Any]]:
    """Return what a person has open, the latest first."""
    statement: Any = select(*LISTED).where(_c.person_id == person_id, _c.status.in_(sorted(OPEN)))
    rows: Sequence[Row[Any]] = (await session.execute(statement.order_by(*LATEST).limit(MOST_OPEN))).all()
    return rows


def as_json(row: Row[Any]) -> dict[str, Any]:
    """Return a listed application as the answer shows it: times in the city's zone."""
    return {
        name: value.astimezone(CITY_ZONE) if isinstance(value, datetime) else value
        for name, value in zip(NAMES, row, strict=True)
    }


async def counts(session: AsyncSession, scope: Scope, wanted: Wanted) -> dict[Status, int]:
    """Return how many applications the reader may see in each status."""
    statement = select(_c.status, func.count()).where(*_filters(wanted), _sees(scope)).group_by(_c.status)
    found = {status: count for status, count in await session.execute(statement)}
    return {status: found.get(status, 0) for status in Status}


@dataclass(frozen=True)
class Shape:
    """What a list's statement looks like, without its values; `ways` are columns, "" for everything."""

    ways: tuple[str, ...]
    by_status: bool
    by_item: bool
    by_point: bool
    is_overdue: bool
    goes_on: bool


def _ways(scope: Scope, wanted: Wanted) -> list[tuple[str, str]]:
    if scope.person_id is not None:
        return [("person_id", scope.person_id)]
    if scope.everything:
        return [("", "")]
    if wanted.service_point is not None and wanted.service_point in scope.points:
        return [("service_point", wanted.service_point)]
    points = sorted(scope.points) if wanted.service_point is None else []
    return [
        *(("department", code) for code in sorted(scope.departments)),
        *(("service_point", code) for code in points),
    ]


@lru_cache(maxsize=512)
def _statement(shape: Shape) -> Any:
    # Putting a statement together costs more than running it; shapes are few and lists many.
    pages = [_page(shape, place, name) for place, name in enumerate(shape.ways)]
    if len(pages) == 1:
        return pages[0]
    both = union(*(page.subquery().select() for page in pages)).subquery()
    ordered = select(both).order_by(both.c.submitted_at.desc(), both.c.id.desc())
    return ordered.limit(bindparam("most", type_=Integer))


def _page(shape: Shape, place: int, name: str) -> Select[Any]:
    statement: Select[Any] = select(*LISTED)
    if name:
        statement = statement.where(_c[name] == bindparam(f"way_{place}"))
    if shape.by_status:
        statement = statement.where(_c.status == bindparam("status", type_=_c.status.type))
    if shape.by_item:
        statement = statement.where(_c.item_code == bindparam("item_code"))
    if shape.by_point:
        statement = statement.where(_c.service_point == bindparam("point"))
    if shape.is_overdue:
        statement = statement.where(_c.overdue_at.is_not(None))
    if shape.goes_on:
        position = tuple_(
            bindparam("before_at", type_=_c.submitted_at.type), bindparam("before_id", type_=_c.id.type)
        )
        statement = statement.where(tuple_(_c.submitted_at, _c.id) < position)
    return statement.order_by(*LATEST).limit(bindparam("most", type_=Integer))


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        found.append(_c.status == wanted.status)
    if wanted.item_code is not None:
        found.append(_c.item_code == wanted.item_code)
    if wanted.service_point is not None:
        found.append(_c.service_point == wanted.service_point)
    if wanted.is_overdue:
        found.append(_c.overdue_at.is_not(None))
    return found


def _sees(scope: Scope) -> ColumnElement[bool]:
    if scope.person_id is not None:
        return _c.person_id == scope.person_id
    if scope.everything:
        return _c.id.is_not(None)
    return or_(_c.department.in_(scope.departments), _c.service_point.in_(scope.points))
