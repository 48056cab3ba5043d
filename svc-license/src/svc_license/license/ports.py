"""What issuing needs from outside."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

from lib_contracts import Outbox
from svc_license.kind.domain import Kind
from svc_license.license.domain import License


class Subject(NamedTuple):
    """What svc-catalog says of an approved application."""

    holder_name: str
    holder_number: str
    fields: dict[str, str]


class SealPlace(NamedTuple):
    """Where the seal goes: upper left corner and diameter in millimetres."""

    x: float
    y: float
    size: float


class FieldCipher(Protocol):
    """Encrypts what a licence says of its holder."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...

    def blind_index(self, text: str) -> str:
        """Return what equal texts have in common and nobody can read."""
        ...


class Catalog(Protocol):
    """svc-catalog."""

    async def subject(self, application_id: UUID, type_code: str) -> Subject:
        """Return what an application's licence of a kind must say."""
        ...


class Sealing(Protocol):
    """svc-seal."""

    async def seal(self, document: bytes, *, seal_code: str, use_key: str, place: SealPlace) -> bytes:
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
        """Keep a draft; return False when its application has one of its kind, or its series the version."""
        ...

    async def claim(self, now: datetime, until: datetime) -> License | None:
        """Return an unfinished licence that is due, put off for others until `until`; None when none is."""
        ...

    async def claim_undrawn(self, now: datetime, until: datetime) -> License | None:
        """Return a licence in force without a file, put off for others until `until`."""
        ...

    async def claim_ended(self, today: date, limit: int) -> Sequence[License]:
        """Return licences in force whose last day has passed, locked."""
        ...

    async def claim_unindexed(self, limit: int) -> Sequence[License]:
        """Return licences that cannot be found by their holder yet, locked."""
        ...

    async def lock(self, license_id: UUID) -> License:
        """Return the licence, locked. Raises NoSuchLicense."""
        ...

    async def flush(self) -> None:
        """Write what changed so far."""
        ...

    async def kind_of(self, code: str) -> Kind:
        """Return a kind of licence. Raises NoSuchKind."""
        ...

    async def follow_seal(self, code: str, replaced_by: str) -> None:
        """Seal from now on with the seal that took another's place."""
        ...

    async def wake(self, now: datetime) -> None:
        """Let licences that wait after a failure be tried again at once."""
        ...

    async def next_serial(self, issuer: str, year: int) -> str:
        """Return the issuer's next serial of a year."""
        ...


class Exchange(Protocol):
    """The queue to the province."""

    async def enqueue(self, license_id: UUID, now: datetime) -> None:
        """Note that the province is to be told how a licence stands."""
        ...


class Audit(Protocol):
    """The audit trail inside the transaction; note last, just before the commit."""

    async def note(
        self, actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write the next record."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def licenses(self) -> Licenses:
        """Return the licences."""
        ...

    @property
    def exchange(self) -> Exchange:
        """Return the queue to the province."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
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
