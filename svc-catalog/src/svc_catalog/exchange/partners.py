"""Partner cities over HTTP, with signed requests (RFC 9421)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from lib_partner import SignedAuth, SigningKey
from lib_web import tls_context
from svc_catalog.exchange.ports import PartnerAway, PartnerRefused

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
TRY_AGAIN = frozenset({401, 408, 425, 429})


class HttpPartners:
    """Sends to `{address}{path}` of each partner. Close it with `aclose`."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        key: SigningKey,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._addresses = addresses
        self._http = httpx.AsyncClient(
            auth=SignedAuth(key), timeout=TIMEOUT, transport=transport, verify=tls_context()
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, partner: str, path: str, body: dict[str, Any], key: UUID) -> dict[str, Any]:
        """Return the partner's answer. Raises PartnerAway, PartnerRefused."""
        address = self._addresses.get(partner)
        if address is None:
            raise PartnerAway("no address is configured")
        headers = {"Idempotency-Key": str(key)}
        try:
            answer = await self._http.post(f"{address}{path}", json=body, headers=headers)
            if answer.status_code >= 500 or answer.status_code in TRY_AGAIN:
                raise PartnerAway(f"status {answer.status_code}")
            if answer.is_error:
                raise PartnerRefused(f"status {answer.status_code}")
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PartnerAway(type(error).__name__) from error
        return found


class NoPartners:
    """Where no key for signed transfers is configured: messages wait."""

    async def send(self, partner: str, path: str, body: dict[str, Any], key: UUID) -> dict[str, Any]:
        """Raise PartnerAway."""
        raise PartnerAway("no signing key is configured")
