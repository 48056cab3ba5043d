"""The unit of work of svc-booking."""

from lib_audit import AuditTrail
from lib_messaging import SqlUnitOfWork
from svc_booking.appointment.store import AppointmentStore, StandingStore
from svc_booking.database import AUDIT, MESSAGES
from svc_booking.hall_day.store import DayStore
from svc_booking.hall_policy.store import PolicyStore
from svc_booking.hold.store import HoldStore
from svc_booking.journal.store import JournalStore
from svc_booking.plan.store import PlanStore
from svc_booking.queue_ticket.store import ArrivalStore, TicketStore
from svc_booking.waitlist.places import Places
from svc_booking.waitlist.store import WaitlistStore
from svc_booking.window.store import WindowStore


class BookingUnitOfWork(SqlUnitOfWork):
    """One transaction over calendars, places, appointments and the hall's day."""

    source = "svc-booking"
    tables = MESSAGES

    plans: PlanStore
    places: Places
    holds: HoldStore
    waitlist: WaitlistStore
    standings: StandingStore
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
        self.plans = PlanStore(self.session)
        self.holds = HoldStore(self.session)
        self.waitlist = WaitlistStore(self.session)
        self.places = Places(self.session, self.outbox, self.holds, self.waitlist)
        self.standings = StandingStore(self.session)
        self.appointments = AppointmentStore(self.session)
        self.arrivals = ArrivalStore(self.session)
        self.tickets = TicketStore(self.session)
        self.windows = WindowStore(self.session)
        self.policies = PolicyStore(self.session)
        self.journal = JournalStore(self.session)
        self.days = DayStore(self.session)
        self.audit = AuditTrail(self.session, AUDIT)
