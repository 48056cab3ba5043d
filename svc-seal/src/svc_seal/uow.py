"""The unit of work of svc-seal."""

from lib_messaging import SqlUnitOfWork
from svc_seal.database import MESSAGES
from svc_seal.seal.store import SealStore
from svc_seal.use.store import AuditStore, UseStore


class SealUnitOfWork(SqlUnitOfWork):
    """One transaction over seals, their uses and the audit chain."""

    source = "svc-seal"
    tables = MESSAGES

    seals: SealStore
    uses: UseStore
    audit: AuditStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.seals = SealStore(self.session)
        self.uses = UseStore(self.session)
        self.audit = AuditStore(self.session)
