"""Tells the operator and the partner's contact what needs a person: once a day, not once a message."""

import json
from datetime import date
from typing import Any, Protocol

import structlog
from nats.aio.client import Client

from gateway.partner.domain import Contact, Partner
from gateway.partner.store import Partners
from gateway.store import DAY, Bucket
from gateway.webhook.domain import Call
from lib_kernel import CITY_ZONE, Clock, mask_phone

log = structlog.get_logger(__name__)

KEPT = 400 * DAY


class Pager(Protocol):
    """A way to the operator and to a partner's contact."""

    async def tell_operator(self, text: str) -> None:
        """Tell those who run the platform."""
        ...

    async def tell_contact(self, contact: Contact, text: str) -> None:
        """Tell the partner's contact."""
        ...


class ConsolePager:
    """Writes to the log what it would tell."""

    async def tell_operator(self, text: str) -> None:
        """Log it."""
        log.error("notice.operator", text=text)

    async def tell_contact(self, contact: Contact, text: str) -> None:
        """Log it, with the phone masked."""
        log.warning("notice.contact", phone=mask_phone(contact.phone) if contact.phone else "", text=text)


class Notices:
    """One notice a day for each partner and kind, whichever worker comes first; kept for the list."""

    def __init__(self, client: Client, partners: Partners, pager: Pager, clock: Clock) -> None:
        self._bucket = Bucket(client, "partner-notice", KEPT)
        self._partners = partners
        self._pager = pager
        self._clock = clock

    async def given_up(self, partner: Partner, call: Call, reason: str) -> None:
        """Tell that calls of today are being given up."""
        text = (
            f"{partner.name}（{partner.code}）的事件推送在规定时间内未能送达（{reason}），"
            "已转入死信，可在排除故障后重放；今日不再重复提醒。"
        )
        await self._tell(partner, "given-up", text, event_id=call.event_id)

    async def ended(self, partner: Partner) -> None:
        """End the partner's subscription, and tell it."""
        await self._partners.change(
            partner.code,
            lambda found: found.with_webhook_ended("410"),
            action="webhook ended",
            by=f"partner:{partner.code}",
        )
        text = f"{partner.name}（{partner.code}）以 410 退订了事件推送；事件仍可通过查询接口获取。"
        await self._tell(partner, "ended", text)

    async def all(self, day: date | None = None) -> list[dict[str, Any]]:
        """Return the notices, of a day or all, the latest first."""
        pattern = f"{day:%Y%m%d}.>" if day else ">"
        found = await self._bucket.values(pattern)
        return [json.loads(found[key]) for key in sorted(found, reverse=True)]

    async def _tell(self, partner: Partner, kind: str, text: str, **facts: str) -> None:
        now = self._clock.now().astimezone(CITY_ZONE)
        notice = {"at": now.isoformat(), "partner": partner.code, "kind": kind, "text": text, "facts": facts}
        content = json.dumps(notice, ensure_ascii=False).encode()
        if not await self._bucket.create(f"{now:%Y%m%d}.{partner.code}.{kind}", content):
            return
        try:
            await self._pager.tell_operator(text)
            await self._pager.tell_contact(partner.contact, text)
        except Exception as error:
            # The notice is in the operator's list; a pager out of order holds up no delivery.
            log.error("notice.not_told", partner=partner.code, error=type(error).__name__)
