"""Looks up places for transfers."""

from sqlalchemy import exists, select

from lib_db import Sessions
from svc_catalog.place.store import department, service_point


class KnownPlaces:
    """Departments and service points of the database."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def has_department(self, code: str) -> bool:
        """Return whether there is a department with this code."""
        async with self._sessions() as session:
            return bool(await session.scalar(select(exists().where(department.c.code == code))))

    async def has_service_point(self, code: str) -> bool:
        """Return whether there is a service point with this code."""
        async with self._sessions() as session:
            return bool(await session.scalar(select(exists().where(service_point.c.code == code))))
