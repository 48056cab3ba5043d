"""Which items a channel offers: a bank or a terminal reaches only those that are meant for it."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import orjson
import structlog

from gateway.routing import Match
from lib_kernel import DomainError, NotAllowed
from lib_web import SisterClient

log = structlog.get_logger(__name__)

# The marks of an item that make it available on a channel; on other channels every item is.
MARKS = {"bank": ("bank_window", "bank_self_service"), "kiosk": ("kiosk",)}
FRESH_SECONDS = 30.0
PAGE = 100


class ItemNotOnChannel(NotAllowed):
    """The item is not handled on this channel."""

    code = "item-not-on-channel"
    title = "本渠道不办理该事项"


class Availability:
    """The items of the channels that do not offer all, read from the catalogue."""

    def __init__(self, catalog: SisterClient) -> None:
        self._catalog = catalog
        self._items: dict[str, frozenset[str]] = {}
        self._fresh_until = 0.0
        self._lock = asyncio.Lock()

    def expire(self) -> None:
        """Note that the catalogue changed."""
        self._fresh_until = 0.0

    async def check(self, channel: str, match: Match, body: bytes) -> None:
        """Raise ItemNotOnChannel when the path or the body names an item that the channel does not offer."""
        if channel not in MARKS:
            return
        named = set(_named(match, body))
        if not named:
            return
        missing = named - await self._offered(channel)
        if missing:
            raise ItemNotOnChannel(f"事项 {sorted(missing)[0]} 请通过其他渠道办理", items=sorted(missing))

    async def _offered(self, channel: str) -> frozenset[str]:
        async with self._lock:
            if time.monotonic() >= self._fresh_until:
                await self._read()
        return self._items[channel]

    async def _read(self) -> None:
        try:
            found = {
                channel: frozenset([code for mark in marks for code in await self._with_mark(mark)])
                for channel, marks in MARKS.items()
            }
        except DomainError:
            # What was known goes on being good while the catalogue is away.
            if not self._items:
                raise
            log.warning("availability.catalog_away")
            return
        self._items, self._fresh_until = found, time.monotonic() + FRESH_SECONDS

    async def _with_mark(self, mark: str) -> list[str]:
        wanted: dict[str, Any] = {"channel": mark, "limit": PAGE}
        codes: list[str] = []
        while True:
            page = await self._catalog.get("/v1/items", **wanted)
            codes += [item["code"] for item in page["items"]]
            if not page["next"]:
                return codes
            wanted["cursor"] = page["next"]


def _named(match: Match, body: bytes) -> Iterable[str]:
    if match.route.template.startswith("/v1/items/{code}"):
        yield match.values["code"]
    if not body or match.route.method != "POST":
        return
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return  # The service says what is wrong with it.
    if not isinstance(content, dict):
        return
    if isinstance(content.get("item_code"), str):
        yield content["item_code"]
    many = content.get("item_codes")
    if isinstance(many, list):
        yield from (code for code in many if isinstance(code, str))
