"""The chain itself: every record's digest covers the record and the digest before it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditRecord:
    """One link. `facts` are ids, codes and times, never personal data."""

    number: int
    actor: str
    action: str
    subject: str
    at: datetime
    facts: Mapping[str, str]
    digest: str

    def fits_after(self, previous: str) -> bool:
        """Return whether the digest is right after the digest before it."""
        return self.digest == chain_digest(
            previous, self.number, self.actor, self.action, self.subject, self.at, self.facts
        )


@dataclass(frozen=True)
class Note:
    """What a record will tell, before it has its place in the chain."""

    actor: str
    action: str
    subject: str
    at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainReport:
    """Whether the chain is whole; `first_broken` is the number of the first record that does not fit."""

    records: int
    first_broken: int | None

    @property
    def is_whole(self) -> bool:
        """Return whether nothing was changed, removed or put in between."""
        return self.first_broken is None


def chain_digest(
    previous: str,
    number: int,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    facts: Mapping[str, str],
) -> str:
    """Return the SM3 (hex) of a record linked to the digest before it."""
    moment = at.astimezone(UTC).isoformat()
    content = [previous, number, actor, action, subject, moment, sorted(facts.items())]
    return hashlib.new("sm3", json.dumps(content, ensure_ascii=False).encode()).hexdigest()
