"""What casework needs beside what applications need."""

from typing import Protocol

from svc_catalog.application.ports import UnitOfWork

__all__ = ["Places", "UnitOfWork"]


class Places(Protocol):
    """The city's departments and service points."""

    async def has_department(self, code: str) -> bool:
        """Return whether there is a department with this code."""
        ...

    async def has_service_point(self, code: str) -> bool:
        """Return whether there is a service point with this code."""
        ...
