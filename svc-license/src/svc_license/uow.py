"""The unit of work of svc-license."""

from lib_messaging import SqlUnitOfWork
from svc_license.consent.store import ConsentStore
from svc_license.database import MESSAGES
from svc_license.license.store import LicenseStore


class LicenseUnitOfWork(SqlUnitOfWork):
    """One transaction over licences and consents."""

    source = "svc-license"
    tables = MESSAGES

    licenses: LicenseStore
    consents: ConsentStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.licenses = LicenseStore(self.session)
        self.consents = ConsentStore(self.session)
