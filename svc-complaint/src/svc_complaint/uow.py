"""The unit of work of svc-complaint."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_complaint.area.store import AreaStore
from svc_complaint.attachment.store import AttachmentStore
from svc_complaint.complaint_case.store import CaseStore
from svc_complaint.database import AUDIT, MESSAGES
from svc_complaint.directory.store import DirectoryStore
from svc_complaint.exchange.store import ExchangeStore
from svc_complaint.kind.store import KindStore
from svc_complaint.rating.store import RatingStore
from svc_complaint.timer.store import TimerStore
from svc_complaint.triage.store import TriageStore


class ComplaintUnitOfWork(SqlUnitOfWork):
    """One transaction over everything the service owns."""

    source = "svc-complaint"
    tables = MESSAGES

    ratings: RatingStore
    cases: CaseStore
    kinds: KindStore
    timers: TimerStore
    triage: TriageStore
    directory: DirectoryStore
    exchange: ExchangeStore
    attachments: AttachmentStore
    areas: AreaStore
    audit: AuditTrail

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.ratings = RatingStore(self.session)
        self.cases = CaseStore(self.session)
        self.kinds = KindStore(self.session)
        self.timers = TimerStore(self.session)
        self.triage = TriageStore(self.session)
        self.directory = DirectoryStore(self.session)
        self.exchange = ExchangeStore(self.session)
        self.attachments = AttachmentStore(self.session)
        self.areas = AreaStore(self.session)
        self.audit = AuditTrail(self.session, AUDIT)
