"""Table and queries of booking rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import UtcDateTime
from lib_kernel import new_id
from svc_booking.database import METADATA
from svc_booking.rule.domain import BookingRule, Layer, NoSuchRule, RuleRow, Scope, resolve

booking_rule = Table(
    "booking_rule",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("city", Text, nullable=False),
    Column("point_kind", Text),
    Column("service_point", Text),
    Column("group_code", Text),
    Column("values", JSONB, nullable=False, comment="only what this layer says; times as HH:MM, spans in s"),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
Index(
    "uq_booking_rule_scope",
    booking_rule.c.city,
    booking_rule.c.point_kind,
    booking_rule.c.service_point,
    booking_rule.c.group_code,
    unique=True,
    postgresql_nulls_not_distinct=True,
)


def write_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's values as JSON keeps them."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, timedelta):
            plain[name] = value.total_seconds()
        elif isinstance(value, time):
            plain[name] = value.strftime("%H:%M")
        else:
            plain[name] = value
    return plain


def read_values(plain: dict[str, Any]) -> dict[str, Any]:
    """Read a layer's values; a name that no rule has any more is left out."""
    default = BookingRule()
    values: dict[str, Any] = {}
    for name, value in plain.items():
        shape = getattr(default, name, None)
        if isinstance(shape, timedelta):
            values[name] = timedelta(seconds=value)
        elif isinstance(shape, time):
            values[name] = time.fromisoformat(value)
        elif shape is not None:
            values[name] = value
    return values


async def put_rule(
    session: AsyncSession, scope: Scope, values: dict[str, Any], *, by: str, now: datetime
) -> RuleRow:
    """Write the layer of a scope in place of the one that is there."""
    plain = write_values(values)
    changed = {"values": plain, "changed_by": by, "changed_at": now}
    rule_id = await session.scalar(
        insert(booking_rule)
        .values(
            id=new_id(),
            city=scope.city,
            point_kind=scope.point_kind,
            service_point=scope.service_point,
            group_code=scope.group,
            **changed,
        )
        .on_conflict_do_update(
            index_elements=["city", "point_kind", "service_point", "group_code"], set_=changed
        )
        .returning(booking_rule.c.id)
    )
    assert rule_id is not None  # noqa: S101 - an upsert always returns its row
    return RuleRow(rule_id, Layer(scope, values), by, now)


async def load_rules(session: AsyncSession, layers: Iterable[dict[str, Any]], now: datetime) -> None:
    """Write the layers of the city's data file where no layer of the same scope is: staff's stay."""
    for layer in layers:
        row = {"id": new_id(), "values": layer["values"], "changed_by": "city-data", "changed_at": now}
        scope = {name: layer.get(name) for name in ("city", "point_kind", "service_point")}
        await session.execute(
            insert(booking_rule)
            .values(**row, **scope, group_code=layer.get("group"))
            .on_conflict_do_nothing()
        )


async def drop_rule(session: AsyncSession, rule_id: UUID) -> RuleRow:
    """Delete a layer and return it. Raises NoSuchRule."""
    found = await session.execute(
        delete(booking_rule).where(booking_rule.c.id == rule_id).returning(*booking_rule.c)
    )
    row = found.one_or_none()
    if row is None:
        raise NoSuchRule
    return _row(row)


async def all_rules(session: AsyncSession, city: str | None = None) -> Sequence[RuleRow]:
    """Return the layers of a city or of all, far ones first."""
    statement = select(booking_rule)
    if city is not None:
        statement = statement.where(booking_rule.c.city == city)
    rows = [_row(row) for row in await session.execute(statement.order_by(booking_rule.c.id))]
    return sorted(rows, key=lambda row: row.layer.scope.closeness)


async def rule_for(
    session: AsyncSession, city: str, point_kind: str, service_point: str, group: str
) -> BookingRule:
    """Return the rule of a group at a point."""
    layers = [row.layer for row in await all_rules(session, city)]
    return resolve(layer for layer in layers if layer.scope.covers(city, point_kind, service_point, group))


def _row(row: Any) -> RuleRow:
    scope = Scope(row.city, row.point_kind, row.service_point, row.group_code)
    # A result row has a method of the column's name.
    values = row._mapping["values"]
    return RuleRow(row.id, Layer(scope, read_values(values)), row.changed_by, row.changed_at)
