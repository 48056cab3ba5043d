"""The unit of work of svc-seal."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_seal.batch.store import BatchStore
from svc_seal.certificate.store import CertificateStore
from svc_seal.database import AUDIT, MESSAGES
from svc_seal.grant.store import GrantStore
from svc_seal.seal.store import SealStore
from svc_seal.use.store import UseStore


class SealUnitOfWork(SqlUnitOfWork):
    """One transaction over seals, who may use them, their uses, batches, revocations and the audit chain."""

    source = "svc-seal"
    tables = MESSAGES

    certificates: CertificateStore
    seals: SealStore
    grants: GrantStore
    uses: UseStore
    batches: BatchStore
    audit: AuditTrail

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.certificates = CertificateStore(self.session)
        self.seals = SealStore(self.session)
        self.grants = GrantStore(self.session)
        self.uses = UseStore(self.session)
        self.batches = BatchStore(self.session)
        self.audit = AuditTrail(self.session, AUDIT)
