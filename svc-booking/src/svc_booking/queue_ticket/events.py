"""Events of a ticket, filled from it."""

from typing import Any, TypeVar

from lib_contracts import Event
from svc_booking.queue_ticket.domain import QueueTicket

E = TypeVar("E", bound=Event)


def event_of(kind: type[E], ticket: QueueTicket, **more: Any) -> E:
    """Return an event of `kind` about the ticket."""
    return kind.model_validate(
        {
            "ticket_id": ticket.id,
            "number": ticket.number,
            "person_id": ticket.person_id,
            "appointment_id": ticket.appointment_id,
            "service_point": ticket.service_point,
            "service_point_name": ticket.service_point_name,
            "group": ticket.group,
            "item_code": ticket.item_code,
            "item_codes": ticket.item_codes,
            "window": ticket.window,
            "partner": ticket.partner,
            **more,
        }
    )
