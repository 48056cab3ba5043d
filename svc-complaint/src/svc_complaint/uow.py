"""The unit of work of svc-complaint."""

from lib_messaging import SqlUnitOfWork
from svc_complaint.complaint_case.store import CaseStore
from svc_complaint.database import MESSAGES
from svc_complaint.rating.store import RatingStore


class ComplaintUnitOfWork(SqlUnitOfWork):
    """One transaction over ratings and cases."""

    source = "svc-complaint"
    tables = MESSAGES

    ratings: RatingStore
    cases: CaseStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.ratings = RatingStore(self.session)
        self.cases = CaseStore(self.session)
