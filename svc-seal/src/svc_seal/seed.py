"""Makes the seals of the city's file, applied for and approved by two persons: `python -m svc_seal.seed`."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from lib_db import make_engine, make_sessions
from lib_kernel import Clock, IllegalMove, clock_from
from svc_seal.authority import open_authority
from svc_seal.certificate.issuer import AuthorityListIssuer
from svc_seal.seal.commands import Apply, Making, apply, approve
from svc_seal.seal.domain import Kind, SealExists
from svc_seal.seal.maker import AuthorityMaker
from svc_seal.settings import Settings
from svc_seal.uow import SealUnitOfWork

DEFAULT_USERS = [{"user": "svc-license", "purpose": "*"}]


async def seed(settings: Settings, clock: Clock) -> None:
    """Apply for and approve every seal that is not active yet."""
    wanted = _read(settings.city_data_dir)
    engine = make_engine(settings.database_url, pool_size=2, application="svc-seal-seed")
    sessions = make_sessions(engine)
    authority = open_authority(settings.keys_dir, clock.now(), settings)
    making = Making(AuthorityMaker(authority), AuthorityListIssuer(authority))
    try:
        for record in wanted:
            with suppress(SealExists):
                await apply(_order(record), uow=SealUnitOfWork(sessions), clock=clock)
            with suppress(IllegalMove):
                await approve(
                    record["code"],
                    record["approved_by"],
                    uow=SealUnitOfWork(sessions),
                    making=making,
                    clock=clock,
                )
    finally:
        await engine.dispose()


def _order(record: dict[str, Any]) -> Apply:
    users = tuple((user["user"], user["purpose"]) for user in record.get("users", DEFAULT_USERS))
    return Apply(
        record["code"],
        record["name"],
        record["department"],
        Kind(record["kind"]),
        record["created_by"],
        line=record.get("line", ""),
        users=users,
    )


def _read(city: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((city / "seals.json").read_text(encoding="utf-8"))
    return records


if __name__ == "__main__":
    settings = Settings()
    asyncio.run(seed(settings, clock_from(settings.clock_file)))
