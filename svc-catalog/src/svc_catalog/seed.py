"""Loads the city's places and publishes its items: `python -m svc_catalog.seed`. Safe to repeat."""

import asyncio
import json
from pathlib import Path
from typing import Any

from lib_contracts.catalog import ItemPublished
from lib_db import make_engine, make_sessions
from svc_catalog.item.store import publish
from svc_catalog.place import store as places
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork


async def seed(database_url: str, city: Path) -> int:
    """Load everything in one transaction; return how many items are new or changed."""
    engine = make_engine(database_url, pool_size=2, application="svc-catalog-seed")
    departments = _read(city, "departments")
    names = {record["code"]: record["name"] for record in departments}
    changed = 0
    try:
        async with CatalogUnitOfWork(make_sessions(engine)) as uow:
            await places.load(uow.session, places.division, _read(city, "divisions"))
            await places.load(uow.session, places.department, departments)
            await places.load(uow.session, places.service_point, _read(city, "service_points"))
            for record in _read(city, "items"):
                version = await publish(
                    uow.session, {**record, "department_name": names[record["department"]]}
                )
                if version is not None:
                    uow.outbox.add(ItemPublished(item_code=record["code"], item_version=version))
                    changed += 1
            await uow.commit()
    finally:
        await engine.dispose()
    return changed


def _read(city: Path, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((city / f"{name}.json").read_text(encoding="utf-8"))
    return records


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings.database_url, settings.city_data_dir))
