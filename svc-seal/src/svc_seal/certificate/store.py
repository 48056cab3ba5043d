"""Tables of revocations and lists."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_seal.certificate.domain import IssuedList, NoRevocationList, Reason, RevokedCertificate
from svc_seal.database import MAPPERS, METADATA

revoked_certificate = Table(
    "revoked_certificate",
    METADATA,
    Column("serial", Text, primary_key=True, comment="decimal"),
    Column("seal_code", Text, nullable=False, index=True),
    Column("reason", EnumText(Reason), nullable=False),
    Column("revoked_at", UtcDateTime, nullable=False),
    Column("revoked_by", Text, nullable=False),
)

revocation_list = Table(
    "revocation_list",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("der", LargeBinary, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("next_update", UtcDateTime, nullable=False),
)

MAPPERS.map_imperatively(RevokedCertificate, revoked_certificate)
MAPPERS.map_imperatively(IssuedList, revocation_list)

ISSUING = 38541


class CertificateStore:
    """Revocations inside one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, revoked: RevokedCertificate) -> None:
        """Keep a revocation."""
        self._session.add(revoked)

    def add_list(self, issued: IssuedList) -> None:
        """Keep a new list."""
        self._session.add(issued)

    async def newest_for_update(self) -> IssuedList | None:
        """Return the newest list and hold the right to issue the next until the transaction ends."""
        await self._session.execute(select(func.pg_advisory_xact_lock(ISSUING)))
        return await _newest(self._session)

    async def all(self) -> Sequence[RevokedCertificate]:
        """Return every revocation, those of this transaction included."""
        await self._session.flush()
        statement = select(RevokedCertificate).order_by(
            revoked_certificate.c.revoked_at, revoked_certificate.c.serial
        )
        return (await self._session.scalars(statement)).all()


async def newest_list(session: AsyncSession) -> IssuedList:
    """Return the newest list. Raises NoRevocationList."""
    found = await _newest(session)
    if found is None:
        raise NoRevocationList
    return found


async def newest_der(session: AsyncSession) -> bytes | None:
    """Return the newest list in DER, None before the first."""
    found = await _newest(session)
    return found.der if found else None


async def _newest(session: AsyncSession) -> IssuedList | None:
    statement = select(IssuedList).order_by(revocation_list.c.number.desc()).limit(1)
    found: IssuedList | None = await session.scalar(statement)
    return found
