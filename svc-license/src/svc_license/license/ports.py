"""What issuing needs from outside."""

from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_license.license.domain import License


class Subject(NamedTuple):
    """What svc-catalog says of an approved application."""

    holder_name: str
    holder_number: str
    fields: dict[str, str]


class LicenseType(NamedTuple):
    """A kind of licence with the department that issues it and its seal."""

    code: str
    name: str
    validity_years: int | None
    fields: dict[str, str]
    issuer: str
    issuer_name: str
    seal_code: str


class FieldCipher(Protocol):
    """Encrypts what a licence says of its holder."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...


class Catalog(Protocol):
    """svc-catalog."""

    async def subject(self, application_id: UUID) -> Subject:
        """Return what the licence of an application must say."""
        ...


class Sealing(Protocol):
    """svc-seal."""

    async def seal(self, document: bytes, *, seal_code: str, use_key: str) -> bytes:
        """Return the document sealed; the same key gives the same result."""
        ...


class Files(Protocol):
    """Where sealed files are kept."""

    async def put(self, path: str, data: bytes) -> None:
        """Keep a file; writing the same file again does no harm."""
        ...

    async def get(self, path: str) -> bytes:
        """Return a file."""
        ...


class Licenses(Protocol):
    """Licences inside one transaction."""

    async def add_draft(self, draft: License) -> bool:
        """Keep a draft; return False when its application has a licence already."""
        ...

    async def claim(self, now: datetime, until: datetime) -> License | None:
        """Return an unfinished licence that is due, put off for others until `until`; None when none is."""
        ...

    async def lock(self, license_id: UUID) -> License:
        """Return the licence, locked. Raises NoSuchLicense."""
        ...

    async def type_of(self, code: str) -> LicenseType:
        """Return a licence type. Raises NoSuchLicense."""
        ...

    async def next_serial(self, issuer: str, year: int) -> str:
        """Return the issuer's next serial of a year."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def licenses(self) -> Licenses:
        """Return the licences."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self, answer: Any = None) -> None:
        """Commit what was done; `answer` is kept under the request's Idempotency-Key."""
        ...
