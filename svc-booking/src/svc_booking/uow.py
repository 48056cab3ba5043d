"""The unit of work of svc-booking."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_booking.appointment.store import AppointmentStore
from svc_booking.database import AUDIT, MESSAGES
from svc_booking.hall_day.store import DayStore
from svc_booking.hall_policy.store import PolicyStore
from svc_booking.journal.store import JournalStore
from svc_booking.queue_ticket.store import ArrivalStore, TicketStore
from svc_booking.window.store import WindowStore


class BookingUnitOfWork(SqlUnitOfWork):
    """One transaction over appointments and the hall's day."""

    source = "svc-booking"
    tables = MESSAGES

    appointments: AppointmentStore
    arrivals: ArrivalStore
    tickets: TicketStore
    windows: WindowStore
    policies: PolicyStore
    journal: JournalStore
    days: DayStore
    audit: AuditTrail

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.appointments = AppointmentStore(self.session)
        self.arrivals = ArrivalStore(self.session)
        self.tickets = TicketStore(self.session)
        self.windows = WindowStore(self.session)
        self.policies = PolicyStore(self.session)
        self.journal = JournalStore(self.session)
        self.days = DayStore(self.session)
        self.audit = AuditTrail(self.session, AUDIT)
