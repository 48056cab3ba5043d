"""Events of an appointment, filled from it."""

from typing import Any, TypeVar

from lib_contracts import Event
from svc_booking.appointment.domain import Appointment

E = TypeVar("E", bound=Event)


def event_of(kind: type[E], appointment: Appointment, **more: Any) -> E:
    """Return an event of `kind` about the appointment."""
    return kind.model_validate(
        {
            "appointment_id": appointment.id,
            "person_id": appointment.person_id,
            "service_point": appointment.service_point,
            "service_point_name": appointment.service_point_name,
            "group": appointment.group,
            "item_code": appointment.item_code,
            "starts_at": appointment.starts_at,
            "channel": appointment.channel,
            "partner": appointment.partner,
            **more,
        }
    )
