"""The unit of work of svc-license."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_license.consent.store import ConsentStore
from svc_license.database import AUDIT, MESSAGES
from svc_license.decision.store import DecisionStore
from svc_license.delegation.store import DelegationStore
from svc_license.exchange.store import ExchangeStore
from svc_license.license.store import LicenseStore
from svc_license.presentation.store import PresentationStore
from svc_license.stock.store import ImportStore
from svc_license.usage.store import ReadStore


class LicenseUnitOfWork(SqlUnitOfWork):
    """One transaction over everything of the service."""

    source = "svc-license"
    tables = MESSAGES

    licenses: LicenseStore
    exchange: ExchangeStore
    decisions: DecisionStore
    imports: ImportStore
    reads: ReadStore
    consents: ConsentStore
    delegations: DelegationStore
    presentations: PresentationStore
    audit: AuditTrail

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.licenses = LicenseStore(self.session)
        self.exchange = ExchangeStore(self.session)
        self.decisions = DecisionStore(self.session)
        self.imports = ImportStore(self.session)
        self.reads = ReadStore(self.session)
        self.consents = ConsentStore(self.session)
        self.delegations = DelegationStore(self.session)
        self.presentations = PresentationStore(self.session)
        self.audit = AuditTrail(self.session, AUDIT)
