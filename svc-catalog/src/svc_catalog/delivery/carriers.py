"""Postal services: over HTTP, or none connected."""

import httpx

from lib_web import tls_context
from svc_catalog.delivery.ports import CarrierAway, Tracking

TIMEOUT = httpx.Timeout(3.0)


class NoCarrier:
    """Where no postal service is connected: parcels stay on their way until a clerk or applicant confirms."""

    async def track(self, carrier: str, number: str) -> Tracking:
        """Raise CarrierAway."""
        raise CarrierAway


class HttpCarrier:
    """A postal service that answers `GET {url}/parcels/{carrier}/{number}`. Close it with `aclose`."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, transport=transport, verify=tls_context()
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def track(self, carrier: str, number: str) -> Tracking:
        """Return where a parcel is. Raises CarrierAway."""
        try:
            answer = await self._http.get(f"/parcels/{carrier}/{number}")
            answer.raise_for_status()
            found = answer.json()
            return Tracking(str(found["text"])[:200], bool(found["delivered"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise CarrierAway from error
