"""What using seals needs from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lib_gm import SealSigner, SigningKey
from lib_kernel import DomainError
from svc_seal.seal.domain import Standing
from svc_seal.seal.ports import Seals
from svc_seal.seal.ports import UnitOfWork as SealWork
from svc_seal.use.domain import Kind, SealUse


@dataclass(frozen=True)
class PdfSigner:
    """The P-256 certificate and key that sign PDF files for a seal, and the certificates above.

    `tsa_url` is the address of the authority that stamps the time, empty for none.
    """

    certificate: bytes
    key: bytes
    chain: tuple[bytes, ...]
    tsa_url: str = ""


@dataclass(frozen=True)
class Material:
    """A seal ready to be used: its structure, signer and picture. `size` in millimetres."""

    code: str
    made: bytes
    certificate: bytes
    key: SigningKey
    sign: SealSigner
    picture: bytes
    size: int
    pdf: PdfSigner | None = None


Work = Callable[[Material, datetime], bytes]


@dataclass(frozen=True)
class Order:
    """One use of a seal: who, what for, and the work that needs the key. `facts` go into the audit record.

    `use_key` names the occasion of a document; a digest has none and is signed each time it is asked.
    """

    seal_code: str
    purpose: str
    actor: str
    kind: Kind
    work: Work
    use_key: str | None = None
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of an order: the signature or the kept use of a document, or the refusal."""

    signature: bytes = b""
    use: SealUse | None = None
    error: DomainError | None = None


class Desk(Protocol):
    """Where seals are used."""

    async def use(self, orders: Sequence[Order]) -> list[Outcome]:
        """Use seals; each answer is given only after its audit record is committed."""
        ...


class Uses(Protocol):
    """Uses inside one transaction."""

    async def add_new(self, uses: Sequence[SealUse]) -> set[str]:
        """Keep uses whose occasion is new; return the keys of those kept."""
        ...

    async def of_keys(self, keys: Collection[str]) -> dict[str, SealUse]:
        """Return the uses of some occasions."""
        ...

    async def forget_documents(self, before: datetime, limit: int) -> int:
        """Drop the files of old uses, not the uses; return how many."""
        ...


class UsableSeals(Seals, Protocol):
    """Seals as using them needs them."""

    async def lock_many(self, codes: Collection[str]) -> dict[str, Standing]:
        """Return how some seals stand, locked in the order of their codes; unknown ones are left out."""
        ...

    async def count_uses(self, uses: Mapping[str, int], now: datetime) -> None:
        """Add to the use counts of locked seals."""
        ...


class UnitOfWork(SealWork, Protocol):
    """One transaction over seals and their uses."""

    @property
    def seals(self) -> UsableSeals:
        """Return the seals."""
        ...

    @property
    def uses(self) -> Uses:
        """Return the uses."""
        ...
