"""The provincial platform over HTTP, in the shape of GB/T 36906: credentials and data; head and data."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx

from lib_web import tls_context
from svc_license.exchange.domain import (
    ANSWERED,
    BAD_HOLDER_KIND,
    NO_RIGHT,
    ProvinceRefused,
    ProvinceUnavailable,
)

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
FINAL = {NO_RIGHT, BAD_HOLDER_KIND}
MOST_PAGES = 10_000


class ProvinceClient:
    """Calls the platform. Its paths are a matter of each province; these are the defaults."""

    def __init__(
        self, url: str, access_id: str, access_token: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._credentials = {"accessId": access_id, "accessToken": access_token}
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, transport=transport, verify=tls_context()
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def report(self, content: Mapping[str, str]) -> None:
        """Tell how a licence stands. Raises ProvinceUnavailable, ProvinceRefused."""
        await self._ask("/license/report", dict(content))

    async def received(self, day: date) -> Mapping[str, str]:
        """Return the identifiers it received on a day with their status codes. Raises ProvinceUnavailable."""
        found: dict[str, str] = {}
        for page in range(1, MOST_PAGES):
            data = await self._ask("/license/received", {"day": day.isoformat(), "page": page})
            try:
                found.update((str(item["ZZBS"]), str(item["ZZZT"])) for item in data["items"])
                if not data["more"]:
                    return found
            except (KeyError, TypeError) as error:
                raise ProvinceUnavailable from error
        raise ProvinceUnavailable

    async def find(self, question: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the licences it knows. Raises ProvinceUnavailable, ProvinceRefused."""
        data = await self._ask("/license/query", dict(question))
        items = data.get("items") if isinstance(data, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ProvinceUnavailable
        return items

    async def _ask(self, path: str, data: object) -> Any:
        try:
            response = await self._http.post(path, json={**self._credentials, "data": data})
            response.raise_for_status()
            answer = response.json()
            status = int(answer["head"]["status"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProvinceUnavailable from error
        if status == ANSWERED:
            return answer.get("data")
        if status in FINAL:
            raise ProvinceRefused(status)
        raise ProvinceUnavailable(f"省级平台返回状态 {status}")
