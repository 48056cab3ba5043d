"""Loads the city's places, items, bundles and expressions: `python -m svc_catalog.seed`. Safe to repeat."""

import asyncio
import json
from pathlib import Path
from typing import Any

from lib_db import make_engine, make_sessions
from lib_kernel import Clock, DomainError, SystemClock
from svc_catalog.bundle.store import load as load_bundle
from svc_catalog.item_draft.commands import import_items
from svc_catalog.item_draft.domain import Outcome
from svc_catalog.place import store as places
from svc_catalog.search.store import load_synonyms
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork

# The city's catalogue was written and approved by two people; their records are what publishes it here.
EDITOR, REVIEWER = "s_item_editor", "s_item_reviewer"


class SeedRefused(DomainError):
    """The city's data files hold items that may not be published; the message names them."""

    code = "seed-refused"
    title = "数据文件中的事项不能发布"


async def seed(database_url: str, city: Path, clock: Clock | None = None) -> int:
    """Load everything; return how many items are new or changed.

    Items go the way every import goes: checked, submitted, approved by another person, published.
    """
    engine = make_engine(database_url, pool_size=2, application="svc-catalog-seed")
    uow = CatalogUnitOfWork(make_sessions(engine))
    try:
        async with uow:
            await places.load(uow.session, places.division, _read(city, "divisions"))
            await places.load(uow.session, places.department, _read(city, "departments"))
            await places.load(uow.session, places.service_point, _read(city, "service_points"))
            await load_synonyms(
                uow.session, {record["word"]: record["means"] for record in _read(city, "synonyms")}
            )
            await uow.commit()
        outcomes = await import_items(
            _read(city, "items"),
            EDITOR,
            lambda _: None,
            approved_by=REVIEWER,
            uow=uow,
            clock=clock or SystemClock(),
        )
        _refuse_failed(outcomes)
        async with uow:
            for record in _read(city, "bundles"):
                await load_bundle(uow.session, record)
            await uow.commit()
    finally:
        await engine.dispose()
    return sum(outcome.result in {"new", "changed"} for outcome in outcomes)


def _refuse_failed(outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    if failed:
        told = "；".join(f"{outcome.code} {outcome.name}：{outcome.errors}" for outcome in failed[:5])
        raise SeedRefused(f"{len(failed)} 个事项：{told}")


def _read(city: Path, name: str) -> list[dict[str, Any]]:
    path = city / f"{name}.json"
    records: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return records


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings.database_url, settings.city_data_dir))
