"""Table and queries of seals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime, among
from lib_gm import serial_of
from svc_seal.certificate.domain import Reason
from svc_seal.certificate.store import revoked_certificate
from svc_seal.database import MAPPERS, METADATA
from svc_seal.seal.domain import Kind, NoSuchSeal, Seal, SealExists, Standing, Status

seal = Table(
    "seal",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("department", Text, nullable=False, index=True),
    Column("kind", EnumText(Kind), nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
    Column("status", EnumText(Status), nullable=False),
    Column("approved_by", Text),
    Column("valid_from", UtcDateTime),
    Column("valid_until", UtcDateTime),
    Column("made", LargeBinary, nullable=False, comment="SESeal in DER"),
    Column("certificate", LargeBinary, nullable=False, comment="signer, DER"),
    Column("wrapped_key", LargeBinary, nullable=False, comment="signer's key under the master key"),
    Column("picture", LargeBinary, nullable=False, comment="PNG"),
    Column("line", Text, nullable=False, server_default="", comment="special purpose under the star"),
    Column("replaces", Text),
    Column("replaced_by", Text),
    Column("reason", Text, nullable=False, server_default="", comment="of the last change"),
    Column("use_count", BigInteger, nullable=False, server_default="0"),
    Column("last_used_at", UtcDateTime),
    Column("pdf_certificate", LargeBinary, nullable=False, server_default="", comment="P-256, DER"),
    Column("pdf_key", LargeBinary, nullable=False, server_default="", comment="wrapped, PKCS #8"),
)

MAPPERS.map_imperatively(Seal, seal)


class SealStore:
    """Seals inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: Seal) -> None:
        """Keep a new seal. Raises SealExists."""
        self._session.add(new)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise SealExists(f"印章编码 {new.code} 已存在", seal_code=new.code) from error

    async def lock(self, code: str) -> Seal:
        """Return the seal, locked. Raises NoSuchSeal."""
        found = await self._session.get(Seal, code, with_for_update=True)
        if found is None:
            raise NoSuchSeal(f"没有编码为 {code} 的印章")
        return found

    async def lock_ended(self, now: datetime, limit: int) -> Sequence[Seal]:
        """Return some seals whose validity has ended, locked; those that others hold are left out."""
        living = seal.c.status.in_([Status.ACTIVE, Status.FROZEN])
        statement = select(Seal).where(living, seal.c.valid_until < now).limit(limit)
        return (await self._session.scalars(statement.with_for_update(skip_locked=True))).all()

    async def lock_many(self, codes: Collection[str]) -> dict[str, Standing]:
        """Return how some seals stand, locked in the order of their codes; unknown ones are left out."""
        columns = (seal.c.code, seal.c.status, seal.c.valid_from, seal.c.valid_until)
        statement = select(*columns).where(among(seal.c.code, codes)).order_by(seal.c.code)
        rows = await self._session.execute(statement.with_for_update(key_share=True))
        return {row.code: Standing(row.status, row.valid_from, row.valid_until) for row in rows}

    async def count_uses(self, uses: Mapping[str, int], now: datetime) -> None:
        """Add to the use counts of locked seals."""
        for code, count in uses.items():
            values = {"use_count": seal.c.use_count + count, "last_used_at": now}
            await self._session.execute(update(seal).where(seal.c.code == code).values(values))


async def page(
    session: AsyncSession,
    *,
    after: str | None,
    limit: int,
    status: Status | None = None,
    department: str | None = None,
) -> Sequence[Seal]:
    """Return seals by code."""
    statement = select(Seal).order_by(seal.c.code).limit(limit)
    if status is not None:
        statement = statement.where(seal.c.status == status)
    if department is not None:
        statement = statement.where(seal.c.department == department)
    if after is not None:
        statement = statement.where(seal.c.code > after)
    return (await session.scalars(statement)).all()


async def one(session: AsyncSession, code: str) -> Seal:
    """Return a seal. Raises NoSuchSeal."""
    found = await session.get(Seal, code)
    if found is None:
        raise NoSuchSeal(f"没有编码为 {code} 的印章")
    return found


async def some(session: AsyncSession, codes: Collection[str]) -> Sequence[Seal]:
    """Return those of some seals that exist."""
    if not codes:
        return []
    return (await session.scalars(select(Seal).where(among(seal.c.code, codes)))).all()


async def standings(session: AsyncSession, codes: Collection[str]) -> dict[str, Standing]:
    """Return how some seals stand; unknown ones are left out."""
    columns = (seal.c.code, seal.c.status, seal.c.valid_from, seal.c.valid_until)
    rows = await session.execute(select(*columns).where(among(seal.c.code, codes)))
    return {row.code: Standing(row.status, row.valid_from, row.valid_until) for row in rows}


@dataclass(frozen=True)
class WithdrawnPdf:
    """A PDF signer's certificate that was withdrawn with its seal; `serial` is the certificate's."""

    serial: int
    at: datetime
    reason: Reason


async def withdrawn_pdf_certificates(session: AsyncSession) -> list[WithdrawnPdf]:
    """Return the PDF signers of seals that were revoked or replaced, the earliest first."""
    revoked = revoked_certificate.c
    statement = (
        select(seal.c.pdf_certificate, revoked.revoked_at, revoked.reason)
        .join(revoked_certificate, revoked.seal_code == seal.c.code)
        .where(seal.c.pdf_certificate != b"")
        .order_by(revoked.revoked_at, seal.c.code)
    )
    rows = await session.execute(statement)
    return [WithdrawnPdf(serial_of(row.pdf_certificate), row.revoked_at, row.reason) for row in rows]
