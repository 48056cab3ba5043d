"""Uses of seals and the audit chain."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib_kernel import Invalid, new_id

GENESIS = "0" * 64


class DocumentInvalid(Invalid):
    """The file is no OFD document that can be sealed or verified."""

    code = "document-invalid"
    title = "文件不是可处理的 OFD 文件"


@dataclass(eq=False)
class SealUse:
    """One use of a seal. `use_key` names the occasion: the same occasion is never sealed twice."""

    id: UUID
    use_key: str
    seal_code: str
    purpose: str
    caller: str
    digest: str
    document: bytes
    sealed_at: datetime

    @classmethod
    def of(
        cls, *, use_key: str, seal_code: str, purpose: str, caller: str, document: bytes, now: datetime
    ) -> "SealUse":
        """Return the use that made the sealed document."""
        digest = hashlib.new("sm3", document).hexdigest()
        return cls(new_id(), use_key, seal_code, purpose, caller, digest, document, now)


@dataclass(frozen=True)
class AuditRecord:
    """One link of the chain: `digest` covers the record and the digest before it."""

    number: int
    actor: str
    action: str
    subject: str
    at: datetime
    facts: dict[str, str]
    digest: str


def chain_digest(
    previous: str, number: int, actor: str, action: str, subject: str, at: datetime, facts: dict[str, str]
) -> str:
    """Return the SM3 of a record linked to the one before it."""
    content = [previous, number, actor, action, subject, at.isoformat(), sorted(facts.items())]
    return hashlib.new("sm3", json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def first_broken(records: Sequence[AuditRecord]) -> int | None:
    """Return the number of the first record that does not fit its chain, None when all fit."""
    previous, expected = GENESIS, 1
    for record in records:
        digest = chain_digest(
            previous, record.number, record.actor, record.action, record.subject, record.at, record.facts
        )
        if record.number != expected or record.digest != digest:
            return expected
        previous, expected = record.digest, expected + 1
    return None
