"""The unit of work of svc-catalog."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_catalog.application.store import ApplicationStore
from svc_catalog.database import AUDIT, MESSAGES


class CatalogUnitOfWork(SqlUnitOfWork):
    """One transaction over items and applications."""

    source = "svc-catalog"
    tables = MESSAGES

    audit: AuditTrail
    applications: ApplicationStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.audit = AuditTrail(self.session, AUDIT)
        self.applications = ApplicationStore(self.session)
