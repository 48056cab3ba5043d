"""Takes events of the services to the partners they concern, in the order in which they happened."""

from collections.abc import Awaitable, Callable

from gateway.partner.domain import Partner
from gateway.partner_event.log import EventLog, LoggedEvent, PartnerEvent
from gateway.partner_event.origin import business_of, partner_of
from gateway.registry import Registry
from gateway.store import RegistryUnavailable
from lib_contracts import all_events, stream_of
from lib_messaging import Envelope

# Who it is, and the number of a licence, a bank learns from its customer or under a consent only.
NOT_TOLD = frozenset({"person_id", "license_number"})

Enqueue = Callable[[str, LoggedEvent], Awaitable[None]]


def partner_types() -> dict[str, list[str]]:
    """Return the event types that may concern a partner, because they can name it, by their stream."""
    found: dict[str, list[str]] = {}
    for name, kind in all_events().items():
        if "partner" in kind.model_fields:
            found.setdefault(stream_of(name), []).append(name)
    return found


def for_partner(envelope: Envelope) -> PartnerEvent:
    """Return the event as the partner may see it."""
    data = {name: value for name, value in envelope.data.items() if name not in NOT_TOLD}
    return PartnerEvent(
        str(envelope.id), envelope.type, business_of(envelope), envelope.time, data, envelope.source
    )


class FanOut:
    """Processes one event at a time, so that what happened first is kept first."""

    def __init__(
        self,
        registry: Registry,
        events: EventLog,
        enqueue: Enqueue,
        bury: Callable[[str, str, str, int], Awaitable[None]],
    ) -> None:
        self._registry = registry
        self._events = events
        self._enqueue = enqueue
        self._bury = bury

    async def process(self, envelope: Envelope) -> None:
        """Keep an event for its partner, if it has one that wants it."""
        if not self._registry.is_loaded.is_set():
            raise RegistryUnavailable
        code = partner_of(envelope, self._registry.partners)
        if code is not None:
            await self.give(code, for_partner(envelope))

    async def give(
        self, code: str, event: PartnerEvent, *, latest: Partner | None = None
    ) -> LoggedEvent | None:
        """Keep an event for a partner and queue its call; return it, None when it is not wanted.

        `latest` is the partner as the caller just read it: the registry may be a moment behind.
        """
        partner = latest or self._registry.partners.get(code)
        if partner is None or not partner.wants(event.type):
            return None
        logged = await self._events.append(code, event)
        if partner.webhook is not None and partner.webhook.ended is None:
            await self._enqueue(code, logged)
        return logged

    async def bury(self, envelope: str, event_type: str, reason: str, deliveries: int) -> None:
        """Keep an event that could not be read."""
        await self._bury(envelope, event_type, reason, deliveries)
