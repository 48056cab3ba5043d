"""A database of the release before keeps its audit trail, its seals and who could use them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from alembic import command
from sqlalchemy import text

from lib_audit import chain_digest, verify_chain
from lib_db import make_engine, make_sessions
from lib_db._migrate import alembic_config
from lib_testing import WEDNESDAY
from svc_seal.database import AUDIT
from svc_seal.grant import store as grants
from svc_seal.seal import store as seals
from svc_seal.service import MIGRATIONS

NOTES = [("s_a", "seal.apply", "41", {"name": "章"}), ("s_b", "seal.approve", "41", {})]


async def test_audit_records_move_and_stay_verifiable(
    make_database: Callable[[Path], Awaitable[str]],
) -> None:
    url = await make_database(MIGRATIONS)
    engine = make_engine(url)
    sessions = make_sessions(engine)
    config = alembic_config(url, MIGRATIONS)
    await asyncio.to_thread(command.downgrade, config, "seal_0001")
    async with sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO seal (code, name, department, kind, applied_by, applied_at, status, made,"
                " certificate, wrapped_key, picture)"
                " VALUES ('41', '章', 'x', 'unit', 's_a', now(), 'active', 'm', 'c', 'w', 'p')"
            )
        )
        digest = "0" * 64
        for number, (actor, action, subject, facts) in enumerate(NOTES, 1):
            digest = chain_digest(digest, number, actor, action, subject, WEDNESDAY, facts)
            await session.execute(
                text("INSERT INTO audit VALUES (:n, :actor, :action, :subject, :at, :facts, :digest)"),
                {
                    "n": number,
                    "actor": actor,
                    "action": action,
                    "subject": subject,
                    "at": WEDNESDAY,
                    "facts": json.dumps(facts),
                    "digest": digest,
                },
            )
    await asyncio.to_thread(command.upgrade, config, "head")
    async with sessions() as session:
        report = await verify_chain(session, AUDIT)
        assert (report.records, report.is_whole) == (2, True)
        [grant] = await grants.of_seals(session, ["41"])
        assert (grant.user, grant.purpose) == ("svc-license", "*")
        assert (await seals.one(session, "41")).use_count == 0
    await engine.dispose()
