"""The sandbox (沙箱): synthetic events of the true shape, and a reset that leaves nothing."""

import hashlib
import itertools
import json
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from nats.aio.client import Client

from gateway.partner.domain import Partner
from gateway.partner.store import Partners
from gateway.partner_event.fanout import FanOut, partner_types
from gateway.partner_event.log import EventLog, LoggedEvent, PartnerEvent
from gateway.partner_event.origin import BUSINESS
from gateway.session.store import Sessions
from gateway.store import DAY, Bucket
from gateway.webhook.journal import Journal
from gateway.webhook.queue import Queue
from lib_contracts import Event, all_events
from lib_kernel import Clock, Invalid, NotAllowed
from lib_web import KeyReused

SPACE = UUID("6f1f5b0e-7f0a-5b9c-9d58-0e6a4a3f7c11")
ANSWERS_KEPT = DAY


class SandboxOnly(NotAllowed):
    """A real partner's events come from real business only."""

    code = "sandbox-only"
    title = "仅沙箱机构可以使用此功能"


@dataclass(frozen=True)
class Wanted:
    """Which synthetic events a sandbox partner wants: some of a type, all of one business, in order."""

    type: str
    subject: UUID
    count: int


class Sandbox:
    """Makes events for sandbox partners and forgets them."""

    def __init__(
        self,
        client: Client,
        *,
        partners: Partners,
        sessions: Sessions,
        events: EventLog,
        queue: Queue,
        journal: Journal,
        fanout: FanOut,
        clock: Clock,
    ) -> None:
        self._answers = Bucket(client, "sandbox-answer", ANSWERS_KEPT)
        self._partners = partners
        self._sessions = sessions
        self._events = events
        self._queue = queue
        self._journal = journal
        self._fanout = fanout
        self._clock = clock

    async def emit(self, partner: Partner, wanted: Wanted, key: str) -> list[dict[str, Any]]:
        """Make events; the same request under the same key makes them once and gets the same answer.

        Raises:
            SandboxOnly: the partner is a real one.
            Invalid: there is no such type of event for partners.
            KeyReused: the key was used with another request.
        """
        if not partner.is_sandbox:
            raise SandboxOnly
        known_types = sorted(itertools.chain.from_iterable(partner_types().values()))
        if wanted.type not in known_types:
            raise Invalid("没有这种事件", field="type", known=known_types)
        name = f"{partner.code}.{partner.generation}.{hashlib.sha256(key.encode()).hexdigest()}"
        request = f"{wanted.type} {wanted.subject} {wanted.count}"
        now = self._clock.now().isoformat()
        await self._answers.create(name, json.dumps({"request": request, "at": now}).encode())
        entry = await self._answers.get(name)
        known = json.loads(entry.value) if entry else {"request": request, "at": now}
        if known["request"] != request:
            raise KeyReused
        # Ids and times follow from the key, so a repetition is the very same events.
        moment = datetime.fromisoformat(known["at"])
        told = []
        for number in range(wanted.count):
            event = _synthetic(wanted, partner.code, uuid5(SPACE, f"{name}.{number}"), moment)
            logged = await self._fanout.give(partner.code, event, latest=partner)
            told.append(_receipt(event, logged))
        return told

    async def reset(self, code: str, *, by: str) -> Partner:
        """Forget everything of a sandbox partner but its registration. Raises Conflict for a real one."""
        partner, _ = await self._partners.change(code, Partner.reset, action="sandbox reset", by=by)
        await self._sessions.close_all(f"bank-{code}")
        await self._queue.clear(code)
        await self._journal.forget(code)
        await self._events.forget(code)
        return partner


def _receipt(event: PartnerEvent, logged: LoggedEvent | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "sequence": logged.position if logged else None,
    }


def _synthetic(wanted: Wanted, partner: str, event_id: UUID, now: datetime) -> PartnerEvent:
    kind = all_events()[wanted.type]
    data = {
        name: _sample(name, field.annotation, wanted, now)
        for name, field in kind.model_fields.items()
        if name != "person_id"
    }
    data |= {"partner": partner, "is_sandbox": True}
    return PartnerEvent(str(event_id), wanted.type, str(wanted.subject), now, data, "sandbox")


def _sample(name: str, annotation: Any, wanted: Wanted, now: datetime) -> Any:
    """Return a value such as the event has; what names the business names the wanted subject."""
    if name in BUSINESS or name == _entity(wanted):
        return str(wanted.subject)
    options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    samples = {
        UUID: str(wanted.subject),
        datetime: now.isoformat(),
        int: 1,
        bool: False,
        float: 1.0,
        str: "示例",
    }
    return next((samples[option] for option in options if option in samples), None)


def _entity(wanted: Wanted) -> str:
    kind: type[Event] = all_events()[wanted.type]
    return kind.entity
