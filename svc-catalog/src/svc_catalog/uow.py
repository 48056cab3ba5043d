"""The unit of work of svc-catalog."""

from collections.abc import Mapping

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_catalog.application.store import ApplicationStore
from svc_catalog.attachment.store import AttachmentStore
from svc_catalog.database import AUDIT, MESSAGES
from svc_catalog.delivery.store import DeliveryStore
from svc_catalog.draft.store import DraftStore as ApplicationDraftStore
from svc_catalog.enrolment.store import EnrolmentStore
from svc_catalog.exchange.store import ExchangeStore
from svc_catalog.item.store import ItemStore
from svc_catalog.item_draft.store import DraftStore
from svc_catalog.place.store import department_names
from svc_catalog.search.store import SynonymStore, found_by


class CatalogUnitOfWork(SqlUnitOfWork):
    """One transaction over everything the service keeps."""

    source = "svc-catalog"
    tables = MESSAGES

    audit: AuditTrail
    items: ItemStore
    drafts: DraftStore
    synonyms: SynonymStore
    applications: ApplicationStore
    attachments: AttachmentStore
    deliveries: DeliveryStore
    application_drafts: ApplicationDraftStore
    exchange: ExchangeStore
    enrolments: EnrolmentStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.audit = AuditTrail(self.session, AUDIT)
        self.items = ItemStore(self.session, found_by)
        self.drafts = DraftStore(self.session)
        self.synonyms = SynonymStore(self.session)
        self.applications = ApplicationStore(self.session, self.rows)
        self.attachments = AttachmentStore(self.session)
        self.deliveries = DeliveryStore(self.session)
        self.application_drafts = ApplicationDraftStore(self.session)
        self.exchange = ExchangeStore(self.session)
        self.enrolments = EnrolmentStore(self.session)

    async def departments(self) -> Mapping[str, str]:
        """Return the departments' names by code."""
        return await department_names(self.session)
