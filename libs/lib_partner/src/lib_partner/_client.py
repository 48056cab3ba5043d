"""The client of a bank or terminal: signs each request, repeats what may be repeated, reads events."""

import asyncio
import random
from collections.abc import AsyncGenerator, Generator, Mapping
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from lib_partner._signatures import SigningKey, sign_request

REPEATED_STATUSES = frozenset({429, 502, 503, 504})
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
ATTEMPTS = 4
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0


class GatewayRefused(Exception):
    """The gateway answered with a problem: `status`, its `code` and the whole body in `problem`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title', '')} {problem.get('detail', '')}".strip())
        self.status = status
        self.problem = problem
        self.code = str(problem.get("type", "")).removeprefix("/problems/")


class SignedAuth(httpx.Auth):
    """Signs each request with a partner's or terminal's key; a retry gets a fresh nonce."""

    requires_request_body = True

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the signature's header fields."""
        fields = sign_request(
            request.method, str(request.url), dict(request.headers), request.content, self._key
        )
        request.headers.update(fields)
        yield request


def signed_client(base_url: str, key: SigningKey, *, timeout: float = 10.0) -> httpx.AsyncClient:
    """Return a client for the gateway at `base_url`, its public origin. Close it with `aclose`."""
    return httpx.AsyncClient(base_url=base_url, auth=SignedAuth(key), timeout=timeout)


class PartnerClient:
    """Calls the gateway's operations of one channel; use it as an async context manager.

    What is safe to send twice is sent again after a broken connection or an answer of 429, 502, 503 or 504:
    reads, and every POST, because each carries an Idempotency-Key. A repeated request is signed anew.
    """

    def __init__(
        self,
        base_url: str,
        key: SigningKey,
        *,
        channel: str = "bank",
        timeout: float = 10.0,
        attempts: int = ATTEMPTS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/{channel}",
            auth=SignedAuth(key),
            timeout=timeout,
            transport=transport,
        )
        self._attempts = attempts

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, *, session: str | None = None, **params: Any) -> Any:
        """Return the JSON at `path`, such as `/v1/items`. Raises GatewayRefused, httpx.TransportError."""
        return (await self.request("GET", path, session=session, params=params)).json()

    async def post(
        self, path: str, body: object, *, session: str | None = None, key: str | None = None
    ) -> Any:
        """Post JSON; return the JSON answered, None for an empty answer. `key` is the Idempotency-Key.

        Keep `key` with your own record of the business: sending the same again after a crash of yours has
        no second effect. Raises GatewayRefused, httpx.TransportError.
        """
        answer = await self.request("POST", path, session=session, key=key or uuid4().hex, json=body)
        return answer.json() if answer.content else None

    async def request(
        self, method: str, path: str, *, session: str | None = None, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """Return a successful answer. Raises GatewayRefused, httpx.TransportError."""
        headers = {"X-Session": session, "Idempotency-Key": key}
        fields = {name: value for name, value in headers.items() if value}
        may_repeat = method in IDEMPOTENT or key is not None
        for attempt in range(1, self._attempts + 1):
            is_last = attempt == self._attempts or not may_repeat
            try:
                answer = await self._http.request(method, path, headers=fields, **options)
            except httpx.TransportError:
                if is_last:
                    raise
                await asyncio.sleep(_pause(attempt, 0.0))
                continue
            if answer.is_success:
                return answer
            asked = _asked(answer)
            # Nobody sleeps until a daily quota begins anew: when it does is in the problem.
            if is_last or answer.status_code not in REPEATED_STATUSES or asked > LONGEST_PAUSE:
                raise GatewayRefused(answer.status_code, _problem(answer))
            await asyncio.sleep(_pause(attempt, asked))
        raise AssertionError("unreachable")

    async def events(self, *, limit: int = 100) -> AsyncGenerator[dict[str, Any]]:
        """Yield the events not yet acknowledged, for a bank that takes no calls.

        A page is acknowledged when the last of it was worked on and the next one is asked for; an event may
        therefore come again after a crash, so keep its `id`.
        """
        while True:
            page = await self.get("/v1/events", limit=limit)
            for item in page["items"]:
                yield item
            if not page["items"]:
                return
            await self.post("/v1/events/acknowledgement", {"cursor": page["cursor"]})


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _asked(answer: httpx.Response) -> float:
    retry_after = answer.headers.get("retry-after", "")
    return float(retry_after) if retry_after.isdigit() else 0.0


def _pause(attempt: int, asked: float) -> float:
    grown = FIRST_PAUSE * 2.0 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries only
    return min(LONGEST_PAUSE, max(asked, grown))
