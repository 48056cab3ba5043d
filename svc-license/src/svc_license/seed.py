"""Loads the city's licence types: `python -m svc_license.seed`. Safe to repeat."""

import asyncio
import json
from pathlib import Path
from typing import Any

from lib_db import make_engine, make_sessions
from svc_license.license.store import load_types
from svc_license.settings import Settings


async def seed(database_url: str, city: Path) -> None:
    """Load the types, each with the name and the seal of its issuing department."""
    names = {record["code"]: record["name"] for record in _read(city, "departments")}
    seals = {record["department"]: record["code"] for record in _read(city, "seals")}
    types = [
        {
            "code": record["code"],
            "name": record["name"],
            "validity_years": record["validity_years"],
            "fields": [[field["name"], field["title"]] for field in record["fields"]],
            "issuer": record["issuer_department"],
            "issuer_name": names[record["issuer_department"]],
            "seal_code": seals[record["issuer_department"]],
        }
        for record in _read(city, "license_types")
    ]
    engine = make_engine(database_url, pool_size=2, application="svc-license-seed")
    try:
        async with make_sessions(engine).begin() as session:
            await load_types(session, types)
    finally:
        await engine.dispose()


def _read(city: Path, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((city / f"{name}.json").read_text(encoding="utf-8"))
    return records


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings.database_url, settings.city_data_dir))
