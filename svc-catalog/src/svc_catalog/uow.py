"""The unit of work of svc-catalog."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_catalog.application.store import ApplicationStore
from svc_catalog.attachment.store import AttachmentStore
from svc_catalog.database import AUDIT, MESSAGES
from svc_catalog.delivery.store import DeliveryStore
from svc_catalog.draft.store import DraftStore


class CatalogUnitOfWork(SqlUnitOfWork):
    """One transaction over everything the service keeps."""

    source = "svc-catalog"
    tables = MESSAGES

    audit: AuditTrail
    applications: ApplicationStore
    attachments: AttachmentStore
    deliveries: DeliveryStore
    drafts: DraftStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.audit = AuditTrail(self.session, AUDIT)
        self.applications = ApplicationStore(self.session)
        self.attachments = AttachmentStore(self.session)
        self.deliveries = DeliveryStore(self.session)
        self.drafts = DraftStore(self.session)
