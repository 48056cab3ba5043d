"""Which partner an event concerns: only the one whose own customer's business it is."""

from collections.abc import Container

import structlog
from nats.aio.client import Client

from gateway.partner_event.log import token_of
from gateway.session.store import Sessions
from gateway.store import DAY, Bucket
from lib_messaging import Envelope

log = structlog.get_logger(__name__)

KEPT = 400 * DAY
# The business an event belongs to, the widest first: a ticket of an appointment belongs to the appointment.
BUSINESS = ("application_id", "appointment_id", "license_id", "consent_id")
READERS = ("partner", "reader")


def business_of(envelope: Envelope) -> str:
    """Return the id of the business an event belongs to; events of one business keep their order."""
    for name in BUSINESS:
        if envelope.data.get(name):
            return str(envelope.data[name])
    return envelope.subject


class Origins:
    """Finds the partner of an event.

    An event that names its partner is that partner's. Otherwise the business is asked for: what was begun on
    the bank channel while the person had a session at exactly one partner is that partner's from then on. In
    doubt it is nobody's.
    """

    def __init__(self, client: Client, sessions: Sessions) -> None:
        self._bucket = Bucket(client, "partner-origin", KEPT)
        self._sessions = sessions

    async def partner_of(self, envelope: Envelope, partners: Container[str]) -> str | None:
        """Return the partner's code, None when the event is no partner's."""
        for name in READERS:
            named = envelope.data.get(name)
            if isinstance(named, str) and named in partners:
                return named
        # Only the business itself counts: an application may name an appointment that was made elsewhere.
        business = business_of(envelope)
        entry = await self._bucket.get(token_of(business))
        if entry is not None:
            return entry.value.decode()
        partner = await self._visited(envelope) if envelope.data.get("channel") == "bank" else None
        if partner is not None:
            await self._bucket.create(token_of(business), partner.encode())
        return partner

    async def _visited(self, envelope: Envelope) -> str | None:
        visits = await self._sessions.visits(str(envelope.data.get("person_id", "")))
        found = {visit.partner for visit in visits if visit.is_alive(envelope.time)}
        if len(found) == 1:
            return found.pop()
        log.warning("partner_event.origin_unclear", type=envelope.type, event_id=str(envelope.id))
        return None
