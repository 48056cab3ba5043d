"""Which items a channel offers: a bank or a terminal reaches only those that are meant for it."""

import asyncio
import time
from collections.abc import Iterable
from email.message import Message as EmailMessage
from typing import Any

import orjson
import structlog

from gateway.identity import Request
from gateway.routing import Match
from lib_kernel import DomainError, Invalid, NotAllowed
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


class Malformed(Invalid):
    """The body is no JSON that everybody reads the same way (422)."""

    code = "malformed"
    title = "提交的内容有误"


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

    async def check(self, channel: str, match: Match, request: Request) -> None:
        """Look whether the channel offers the items that the path or the body names.

        Raises:
            ItemNotOnChannel: it does not.
            Malformed: the body calls itself JSON and cannot be read here. A service might read it all the
                same, in another encoding for instance, and take what was not looked at.
        """
        if channel not in MARKS:
            return
        named = set(_named(match, request))
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


def _named(match: Match, request: Request) -> Iterable[str]:
    if match.route.template.startswith("/v1/items/{code}"):
        yield match.values["code"]
    content = _content(request)
    if not isinstance(content, dict):
        return
    if isinstance(content.get("item_code"), str):
        yield content["item_code"]
    many = content.get("item_codes")
    if isinstance(many, list):
        yield from (code for code in many if isinstance(code, str))


def _content(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        if _is_json(request.headers.get("content-type", "")):
            raise Malformed("请以 UTF-8 编码提交格式正确、嵌套不过深的 JSON") from error
        return None  # A file, for instance.


def _is_json(content_type: str) -> bool:
    """Return whether a service would read a body of this type as JSON."""
    message = EmailMessage()
    message["content-type"] = content_type
    kind = message.get_content_type()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
