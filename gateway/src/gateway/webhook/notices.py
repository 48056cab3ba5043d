"""Tells the operator and the partner's contact what needs a person: once a day, not once a message."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import structlog
from nats.aio.client import Client

from gateway.inbox.connectors import SentOnce
from gateway.partner.domain import Contact, Partner, PartnerUnknown
from gateway.partner.store import Partners
from gateway.store import DAY, Bucket
from gateway.webhook.domain import Call
from gateway.webhook.pagers import Notice, Pager
from lib_kernel import CITY_ZONE, Clock

log = structlog.get_logger(__name__)

KEPT = 400 * DAY


TITLES = {"given-up": "合作机构事件推送未送达", "ended": "合作机构退订事件推送"}
TRIED_FOR = timedelta(days=1)


class Notices:
    """One notice a day for each partner and kind, whichever worker comes first; kept for the list.

    Operator and contact are told once each. While a way to them is out of order it is tried again, for a day;
    it holds up no delivery.
    """

    def __init__(self, client: Client, partners: Partners, pager: Pager, clock: Clock) -> None:
        self._bucket = Bucket(client, "partner-notice", KEPT)
        self._sent = SentOnce(client, clock)
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
        await self._tell_both(f"{now:%Y%m%d}.{partner.code}.{kind}", notice, partner.contact)

    async def tell_pending(self) -> bool:
        """Tell what could not be told when it happened. Returns that nothing is left to do at once."""
        now = self._clock.now().astimezone(CITY_ZONE)
        for day in (now.date() - TRIED_FOR, now.date()):
            for key, content in (await self._bucket.values(f"{day:%Y%m%d}.>")).items():
                notice = json.loads(content)
                try:
                    partner, _ = await self._partners.get(notice["partner"])
                except PartnerUnknown:
                    continue
                await self._tell_both(key, notice, partner.contact)
        return False

    async def _tell_both(self, key: str, notice: dict[str, Any], contact: Contact) -> None:
        told = Notice(key, TITLES[notice["kind"]], notice["text"])
        ways = {
            "operator": lambda: self._pager.tell_operator(told),
            "contact": lambda: self._pager.tell_contact(contact, told),
        }
        for name, tell in ways.items():
            try:
                await self._sent.send(f"notice-{name}", _Way(tell), name, key, told.title, told.text)
            except Exception as error:
                log.error("notice.not_told", id=key, to=name, error=type(error).__name__)


class _Way:
    """A way to one recipient as `SentOnce` wants it."""

    def __init__(self, tell: Callable[[], Awaitable[None]]) -> None:
        self._tell = tell

    async def send(self, person: str, message_id: str, title: str, text: str) -> None:
        """Tell them."""
        await self._tell()
