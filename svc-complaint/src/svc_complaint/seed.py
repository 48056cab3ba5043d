"""Loads kinds, taxonomy, rules, tags and contacts: `python -m svc_complaint.seed`. Safe to repeat."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lib_db import make_engine, make_sessions
from svc_complaint.directory import store as directory
from svc_complaint.kind import store as kinds
from svc_complaint.rating import store as ratings
from svc_complaint.settings import Settings
from svc_complaint.triage import store as triage
from svc_complaint.uow import ComplaintUnitOfWork

BY = "seed"
MERGED = ("moves", "deadlines", "may")


def definition(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kind's whole definition: what it does not say itself is as in the base."""
    merged = {name: {**base[name], **own.get(name, {})} for name in MERGED}
    return {**base, **own, **merged}


async def seed(database_url: str, city: Path) -> None:
    """Load everything in one transaction; what is in force already makes no new version."""
    now, own = datetime.now(UTC), city / "complaint"
    engine = make_engine(database_url, pool_size=2, application="svc-complaint-seed")
    try:
        async with ComplaintUnitOfWork(make_sessions(engine)) as uow:
            session = uow.session
            found = _read(own / "kinds.json")
            for kind in found["kinds"]:
                await kinds.publish(session, definition(found["base"], kind), BY, now)
            await triage.load_categories(session, _read(own / "taxonomy.json"))
            await triage.publish_rules(session, _read(own / "rules.json"), BY, now)
            await ratings.publish_tags(session, _read(own / "rating_tags.json"), now)
            await directory.load(
                session,
                _read(city / "departments.json"),
                _read(city / "divisions.json"),
                _read(own / "contacts.json"),
            )
            await uow.commit()
    finally:
        await engine.dispose()


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings.database_url, settings.city_data_dir))
