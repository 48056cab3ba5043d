"""Another platform over HTTP: signed both ways, JSON, idempotent by key."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx

from lib_web import tls_context
from svc_complaint.exchange.domain import Message, Order, signature
from svc_complaint.exchange.ports import NotTaken

TIMEOUT = httpx.Timeout(15.0, connect=3.0)
SKEW_SECONDS = 300


class HttpPlatform:
    """Calls the platform at `base_url`; `key` is shared with it."""

    def __init__(
        self,
        base_url: str,
        key: bytes,
        unseal: Callable[[str], str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"), timeout=TIMEOUT, transport=transport, verify=tls_context()
        )
        self._key = key
        self._unseal = unseal

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, message: Message) -> None:
        """Deliver a message; 409 says that the platform has it already. Raises NotTaken."""
        sealed = json.loads(self._unseal(message.sealed)) if message.sealed else {}
        body = json.dumps({**message.body, **sealed}, ensure_ascii=False).encode()
        answer = await self._ask(
            "POST", f"/{message.topic}", body, {"Idempotency-Key": f"{message.topic}:{message.key}"}
        )
        if not answer.is_success and answer.status_code != 409:
            raise NotTaken(f"HTTP {answer.status_code}")

    async def orders(self, after: str) -> tuple[Sequence[Order], str]:
        """Return new orders after a cursor and the cursor behind them. Raises NotTaken."""
        answer = await self._ask("GET", f"/orders?{urlencode({'after': after})}", b"", {})
        if not answer.is_success:
            raise NotTaken(f"HTTP {answer.status_code}")
        self._check(answer)
        try:
            found = answer.json()
            return [_order(item) for item in found["items"]], str(found["next"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotTaken("答复格式不正确") from error

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        at = datetime.now(UTC).isoformat()
        signed = {"X-Signed-At": at, "X-Signature": signature(self._key, method, path, body, at)}
        fields = {**headers, **signed, "Content-Type": "application/json"}
        try:
            return await self._http.request(method, path, content=body, headers=fields)
        except httpx.TransportError as error:
            raise NotTaken(type(error).__name__) from error

    def _check(self, answer: httpx.Response) -> None:
        at = answer.headers.get("x-signed-at", "")
        wanted = signature(self._key, "ANSWER", answer.request.url.path, answer.content, at)
        if answer.headers.get("x-signature") != wanted:
            raise NotTaken("答复的签名不正确")
        try:
            age = abs((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds())
        except (ValueError, TypeError) as error:
            raise NotTaken("答复的签名时间不正确") from error
        if age > SKEW_SECONDS:
            raise NotTaken("答复的签名已过期")


class NoPlatform:
    """Stands where no platform is configured: messages wait, and the cases show it."""

    async def send(self, message: Message) -> None:
        """Raise NotTaken."""
        raise NotTaken("未配置对接地址")

    async def orders(self, after: str) -> tuple[Sequence[Order], str]:
        """Return none."""
        return [], after


def _order(item: dict[str, str | None]) -> Order:
    content = str(item["content"] or "").strip()
    return Order(
        number=str(item["number"]),
        content=content[:2000] or "（原工单无内容）",
        contact_name=str(item.get("contact_name") or ""),
        contact_phone=str(item.get("contact_phone") or ""),
        service_point=item.get("service_point"),
        item_code=item.get("item_code"),
    )
