"""The unit of work of svc-booking."""

from lib_messaging import SqlUnitOfWork
from svc_booking.appointment.store import AppointmentStore
from svc_booking.database import MESSAGES
from svc_booking.queue_ticket.store import TicketStore


class BookingUnitOfWork(SqlUnitOfWork):
    """One transaction over appointments and the queue."""

    source = "svc-booking"
    tables = MESSAGES

    appointments: AppointmentStore
    tickets: TicketStore

    def open_stores(self) -> None:
        """Bind the stores to the session."""
        self.appointments = AppointmentStore(self.session)
        self.tickets = TicketStore(self.session)
