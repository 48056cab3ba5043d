"""Which partner an event concerns, and which business it belongs to."""

from collections.abc import Container

from lib_messaging import Envelope

# The business an event belongs to, the widest first: a ticket of an appointment belongs to the appointment.
BUSINESS = ("application_id", "appointment_id", "license_id")


def business_of(envelope: Envelope) -> str:
    """Return the id of the business an event belongs to; events of one business keep their order."""
    for name in BUSINESS:
        if envelope.data.get(name):
            return str(envelope.data[name])
    return envelope.subject


def partner_of(envelope: Envelope, partners: Container[str]) -> str | None:
    """Return the partner the event's producer names, None when it is no partner's.

    Nothing is guessed: a service knows at which bank a business was begun, and keeps it with the business.
    """
    named = envelope.data.get("partner")
    return named if isinstance(named, str) and named in partners else None
