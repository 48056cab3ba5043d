"""Rotates the master key without issuing a seal anew: `python -m svc_seal.rotate`.

A new key becomes current, every wrapped key is wrapped again under it, then the old keys are deleted. Killed
at any moment it is run again with `--resume`: both keys stay until nothing is left under the old one. Running
services read the new key when they first meet it; seals stay usable throughout. With master keys from the
environment, put the new key there as current beside the old one, run this, then take the old one away.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Text,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from lib_audit import AuditTrail
from lib_db import Sessions, make_engine, make_sessions
from lib_kernel import Clock, clock_from
from svc_seal.authority import open_authority
from svc_seal.database import AUDIT
from svc_seal.keys import MasterKeys
from svc_seal.keys.master import write_secret
from svc_seal.settings import Settings

FILES = ("root", "ca", "maker", "pdf-root")
AT_ONCE = 100
IN_DEVICE = b"P11:"

_seal = table(
    "seal", column("code", Text), column("wrapped_key", LargeBinary), column("pdf_key", LargeBinary)
)


@dataclass(frozen=True)
class Rotated:
    """The current master key, how many keys were wrapped again, which master keys were deleted."""

    current: str
    wrapped: int
    deleted: tuple[str, ...]


async def rotate(settings: Settings, clock: Clock, *, resume: bool = False) -> Rotated:
    """Rotate; with `resume` finish what an earlier run began. Raises KeyUnusable, MasterKeyUnusable."""
    authority = open_authority(settings.keys_dir, clock.now(), settings)
    master = authority.software.master
    is_outside = settings.master_keys is not None or settings.master_keys_file is not None
    if not (resume or is_outside):
        master.rotate()
    count = _rewrap_files(settings.keys_dir, master)
    engine = make_engine(settings.database_url, pool_size=2, application="svc-seal-rotate")
    sessions = make_sessions(engine)
    try:
        while done := await _rewrap_some(sessions, master, clock):
            count += done
        deleted = await _forget_others(sessions, master)
    finally:
        await engine.dispose()
    return Rotated(master.current, count, tuple(deleted))


async def _forget_others(sessions: Sessions, master: MasterKeys) -> list[str]:
    """Delete the old master keys, unless something was wrapped under them a moment ago.

    The lock waits for transactions that make a seal right now: they may have read the old key before it
    ceased to be current. After it everybody reads the new one.
    """
    async with sessions.begin() as session:
        await session.execute(text("LOCK TABLE seal IN EXCLUSIVE MODE"))
        if await _locked_under_others(session, master.prefix):
            return []
        return master.forget_others()


def _rewrap_files(folder: Path, master: MasterKeys) -> int:
    count = 0
    for name in FILES:
        path = folder / f"{name}.key"
        if path.exists() and not path.read_bytes().startswith(master.prefix):
            write_secret(path, master.wrap(master.unwrap(path.read_bytes(), name), name))
            count += 1
    return count


async def _rewrap_some(sessions: Sessions, master: MasterKeys, clock: Clock) -> int:
    """Wrap some seals' keys again in one transaction; return how many keys, 0 when none is left."""
    async with sessions.begin() as session:
        rows = await _locked_under_others(session, master.prefix)
        count = 0
        for row in rows:
            values = {}
            for name, label in (("wrapped_key", "seal"), ("pdf_key", "pdf")):
                old = getattr(row, name)
                if _is_under_other(old, master.prefix):
                    label = f"{label}:{row.code}"
                    values[name] = master.wrap(master.unwrap(old, label), label)
            await session.execute(update(_seal).where(_seal.c.code == row.code).values(values))
            count += len(values)
        if count:
            trail, now = AuditTrail(session, AUDIT), clock.now()
            await trail.note("rotate", "master_key.rewrap", master.current, now, {"keys": str(count)})
    return count


async def _locked_under_others(session: AsyncSession, prefix: bytes) -> list[Any]:
    def is_other(name: str) -> ColumnElement[bool]:
        held = _seal.c[name]
        begins = func.substring(held, 1, len(prefix)) != bindparam(f"{name}_prefix", prefix)
        in_device = func.substring(held, 1, len(IN_DEVICE)) == bindparam(f"{name}_device", IN_DEVICE)
        return (func.length(held) > 0) & begins & ~in_device

    statement = (
        select(_seal)
        .where(or_(is_other("wrapped_key"), is_other("pdf_key")))
        .order_by(_seal.c.code)
        .limit(AT_ONCE)
        .with_for_update()
    )
    return list(await session.execute(statement))


def _is_under_other(wrapped: bytes, prefix: bytes) -> bool:
    return bool(wrapped) and not wrapped.startswith((prefix, IN_DEVICE))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m svc_seal.rotate", description=__doc__)
    parser.add_argument("--resume", action="store_true", help="only finish a rotation that was interrupted")
    arguments = parser.parse_args()
    settings = Settings()
    done = asyncio.run(rotate(settings, clock_from(settings.clock_file), resume=arguments.resume))
    deleted = ", ".join(done.deleted) or "none (run again with --resume if there should be one)"
    sys.stdout.write(f"current {done.current}; {done.wrapped} keys wrapped again; deleted: {deleted}\n")


if __name__ == "__main__":
    main()
