"""What noting a read needs from outside."""

from typing import Protocol

from lib_contracts import Outbox
from svc_license.license.ports import Audit
from svc_license.usage.domain import Read


class Reads(Protocol):
    """The record of reads inside one transaction."""

    def add(self, read: Read) -> None:
        """Keep a read."""
        ...


class UnitOfWork(Protocol):
    """The part of a transaction that a read is noted in."""

    @property
    def reads(self) -> Reads:
        """Return the record of reads."""
        ...

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Return where events go."""
        ...
