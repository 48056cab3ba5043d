"""Loads the city's licence types and legal grounds: `python -m svc_license.seed`. Safe to repeat."""

import asyncio
import json
from pathlib import Path
from typing import Any

from lib_db import make_engine, make_sessions
from svc_license.consent.store import load_grounds
from svc_license.kind.store import load_kinds
from svc_license.settings import Settings

DEFINITION = ("holder_kind", "validity", "schema", "layout", "template")


def kind_records(city: Path) -> list[dict[str, Any]]:
    """Return the city's kinds of licences, each with the name and the seal of its issuing department."""
    names = {record["code"]: record["name"] for record in _read(city, "departments")}
    seals = {record["department"]: record["code"] for record in _read(city, "seals")}
    return [
        {
            "code": record["code"],
            "name": record["name"],
            "validity_years": record["validity_years"],
            "fields": [[field["name"], field["title"]] for field in record["fields"]],
            "issuer": record["issuer_department"],
            "issuer_name": names[record["issuer_department"]],
            "seal_code": seals[record["issuer_department"]],
            "definition": {name: record[name] for name in DEFINITION if name in record},
        }
        for record in _read(city, "license_types")
    ]


async def seed(database_url: str, city: Path) -> None:
    """Load the kinds and the legal grounds."""
    engine = make_engine(database_url, pool_size=2, application="svc-license-seed")
    try:
        async with make_sessions(engine).begin() as session:
            await load_kinds(session, kind_records(city))
            await load_grounds(session, _read(city, "legal_grounds"))
    finally:
        await engine.dispose()


def _read(city: Path, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((city / f"{name}.json").read_text(encoding="utf-8"))
    return records


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings.database_url, settings.city_data_dir))
