"""Tables and queries of presentations and of the keys that sign them."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import Sessions, UtcDateTime
from lib_gm import FieldCipher
from svc_license.database import MAPPERS, METADATA
from svc_license.delegation import store as delegations
from svc_license.license import store as licenses
from svc_license.license.domain import License, NoSuchLicense, Status
from svc_license.license.store import license_table
from svc_license.presentation.domain import Presentation
from svc_license.presentation.tokens import LIST_SIZE, Signer

KEY = "signing_key.private"
KEPT = timedelta(days=2)

presentation = Table(
    "presentation",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("license_id", ForeignKey(license_table.c.id), nullable=False),
    Column("person_id", Text, nullable=False),
    Column("shown_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("used_by", Text),
)
Index("ix_presentation_expires_at", presentation.c.expires_at)

signing_key = Table(
    "signing_key",
    METADATA,
    Column("kid", Text, primary_key=True),
    Column("seq", BigInteger, Identity(), unique=True, nullable=False),
    Column("private", Text, nullable=False, comment="encrypted JWK"),
    Column("created_at", UtcDateTime, nullable=False),
)

MAPPERS.map_imperatively(Presentation, presentation)


class PresentationStore:
    """Presentations inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, kept: Presentation) -> None:
        """Keep a presentation."""
        self._session.add(kept)

    async def use(self, presentation_id: UUID, by: str, now: datetime) -> Presentation | None:
        """Mark it used and return it; None when there is none or it was used before.

        One statement, so that of two scans at the same moment one is refused.
        """
        return await self._session.scalar(
            update(Presentation)
            .where(presentation.c.id == presentation_id, presentation.c.used_at.is_(None))
            .values(used_at=now, used_by=by)
            .returning(Presentation)
        )

    async def license_to_show(self, license_id: UUID, person_id: str, now: datetime) -> License:
        """Return a licence that is the person's, or delegated to them. Raises NoSuchLicense."""
        found = await licenses.one(self._session, license_id)
        if found.person_id != person_id and not await delegations.may_show(
            self._session, license_id, person_id, now
        ):
            raise NoSuchLicense
        return found

    async def license(self, license_id: UUID) -> License:
        """Return a licence. Raises NoSuchLicense."""
        return await licenses.one(self._session, license_id)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Delete codes that have long run out; what was scanned stays in the record of use."""
    await session.execute(presentation.delete().where(presentation.c.expires_at < now - KEPT))


async def counts(session: AsyncSession, begin: datetime, end: datetime) -> int:
    """Return how many codes were shown and scanned in a time and are still kept."""
    found = await session.scalar(
        select(func.count())
        .select_from(presentation)
        .where(presentation.c.used_at >= begin, presentation.c.used_at < end)
    )
    return found or 0


async def open_signer(sessions: Sessions, cipher: FieldCipher, now: datetime) -> Signer:
    """Return the signer with the keys of the database; the first process to ask makes the first key."""
    async with sessions.begin() as session:
        # Two processes that start together must not both make a key.
        await session.execute(select(func.pg_advisory_xact_lock(410403)))
        rows = (await session.execute(select(signing_key).order_by(signing_key.c.seq))).all()
        if not rows:
            await add_key(session, cipher, now)
            rows = (await session.execute(select(signing_key).order_by(signing_key.c.seq))).all()
    keys = [OKPKey.import_key(json.loads(cipher.decrypt(row.private, context=KEY))) for row in rows]
    return Signer(keys[-1], KeySet(list(keys)))


async def add_key(session: AsyncSession, cipher: FieldCipher, now: datetime) -> str:
    """Make a key that signs from now on, and return its id; the older ones stay to verify with."""
    key = OKPKey.generate_key("Ed25519")
    # Short, because it stands in every QR code.
    kid = key.thumbprint()[:8]
    private = json.dumps({**key.as_dict(private=True), "kid": kid})
    values = {"kid": kid, "private": cipher.encrypt(private, context=KEY), "created_at": now}
    await session.execute(insert(signing_key).values(**values))
    return kid


async def status_list(session: AsyncSession, number: int) -> dict[int, Status] | None:
    """Return how the licences of one list stand, by place in it; None when there is no such list yet."""
    largest = await session.scalar(select(func.max(license_table.c.list_index)))
    if largest is None or number > largest // LIST_SIZE:
        return None
    first = number * LIST_SIZE
    found = await licenses.standings(session, first, first + LIST_SIZE - 1)
    return {place - first: status for place, status in found.items()}
