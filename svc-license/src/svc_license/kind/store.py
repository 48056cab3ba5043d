"""Table and queries of kinds; a definition that contradicts itself is not loaded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from svc_license.database import METADATA
from svc_license.kind.domain import Kind, KindInvalid, NoSuchKind, Rule, Validity
from svc_license.kind.form import check_schema
from svc_license.kind.template import layout, parse_template

DEFAULT_LAYOUT = "permit"
LONGEST_LINE = 100

license_type = Table(
    "license_type",
    METADATA,
    Column("code", Text, primary_key=True, comment="GB/T 36904"),
    Column("name", Text, nullable=False),
    Column("validity_years", Integer),
    Column("fields", JSONB, nullable=False, comment="[name, title] in order"),
    Column("issuer", Text, nullable=False),
    Column("issuer_name", Text, nullable=False),
    Column("seal_code", Text, nullable=False),
    Column("definition", JSONB, comment="validity, schema, template and holder's kind; NULL: the defaults"),
)


seal_succession = Table(
    "seal_succession",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("replaced_by", Text, nullable=False),
)


def kind_from(record: Mapping[str, Any]) -> Kind:
    """Return the kind a record describes; what it leaves out is taken from its years and fields.

    Raises:
        KindInvalid: naming the kind and what is wrong.
    """
    definition = record.get("definition") or {}
    schema = (
        _in_order(definition["schema"], record["fields"])
        if "schema" in definition
        else _schema(record["fields"])
    )
    try:
        template = definition.get("template") or layout(definition.get("layout", DEFAULT_LAYOUT))
        check_schema(schema)
        parse_template(template, schema)
        validity = _validity(definition.get("validity"), record.get("validity_years"), schema)
    except KindInvalid as error:
        raise KindInvalid(f"{record['name']}：{error.detail}") from error
    return Kind(
        code=record["code"],
        name=record["name"],
        issuer=record["issuer"],
        issuer_name=record["issuer_name"],
        seal_code=record["seal_code"],
        holder_kind=definition.get("holder_kind", "enterprise"),
        validity=validity,
        schema=schema,
        template=template,
    )


def _in_order(schema: Mapping[str, Any], fields: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Return the schema with its properties in the order of the fields, which JSON objects do not keep."""
    properties = dict(schema.get("properties", {}))
    ordered = {name: properties.pop(name) for name, _ in fields if name in properties}
    return {**schema, "properties": {**ordered, **properties}}


def _schema(fields: Iterable[Sequence[str]]) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "title": title, "minLength": 1, "maxLength": 400} for name, title in fields
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _validity(data: Mapping[str, Any] | None, years: int | None, schema: Mapping[str, Any]) -> Validity:
    if data is None:
        return Validity(Rule.YEARS, years=years) if years else Validity()
    try:
        found = Validity(Rule(data["rule"]), data.get("years", 0), data.get("age", 0), data.get("field", ""))
    except (KeyError, ValueError) as error:
        raise KindInvalid("有效期规则不认识") from error
    needed = {
        Rule.NONE: True,
        Rule.YEARS: 0 < found.years <= 100,
        Rule.BIRTHDAY: 0 < found.age <= 150,
        Rule.FIELD: schema["properties"].get(found.field, {}).get("format") == "date",
    }
    if not needed[found.rule]:
        raise KindInvalid(f"有效期规则 {found.rule.value} 缺少所需的值")
    return found


def _kind(row: Row[Any]) -> Kind:
    return kind_from({**row._mapping, "fields": row.fields})


async def load_kinds(session: AsyncSession, records: Iterable[dict[str, Any]]) -> None:
    """Write kinds. Raises KindInvalid, and then writes none."""
    checked = [record for record in records if kind_from(record)]
    for record in checked:
        values = {name: value for name, value in record.items() if name != "code"}
        await session.execute(
            insert(license_type)
            .values(code=record["code"], **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )


async def one(session: AsyncSession, code: str) -> Kind:
    """Return a kind with the seal that it is sealed with now. Raises NoSuchKind."""
    row = (await session.execute(select(license_type).where(license_type.c.code == code))).one_or_none()
    if row is None:
        raise NoSuchKind(f"没有类型为 {code} 的证照")
    found = _kind(row)
    return replace(found, seal_code=await _newest_seal(session, found.seal_code))


async def note_succession(session: AsyncSession, code: str, replaced_by: str) -> None:
    """Keep that a seal took the place of another; told again, it changes nothing."""
    values = {"code": code, "replaced_by": replaced_by}
    await session.execute(insert(seal_succession).values(values).on_conflict_do_nothing())


async def _newest_seal(session: AsyncSession, code: str) -> str:
    """Return the seal at the end of the line; kinds are loaded anew with the one at its beginning."""
    chain = select(literal(code).label("code"), literal(0).label("step")).cte("chain", recursive=True)
    following = select(seal_succession.c.replaced_by, chain.c.step + 1).join(
        chain, seal_succession.c.code == chain.c.code
    )
    line = chain.union_all(following.where(chain.c.step < LONGEST_LINE))
    newest = await session.scalar(select(line.c.code).order_by(line.c.step.desc()).limit(1))
    return newest or code


async def every(session: AsyncSession) -> list[Kind]:
    """Return all kinds by code."""
    rows = await session.execute(select(license_type).order_by(license_type.c.code))
    return [_kind(row) for row in rows]
