"""Departments' data services over HTTP: short patience, a second try, and no waiting for one that is down."""

from collections.abc import Mapping
from typing import Any

import httpx

from lib_web import tls_context
from svc_catalog.enrolment.domain import Source
from svc_catalog.enrolment.ports import ServiceAway

TIMEOUT = httpx.Timeout(3.0, connect=1.0)
TRIES = 2
FAILURES_TO_REST = 3


class HttpDepartments:
    """`POST {url}/{source}` with the question as JSON. Close it with `aclose`.

    After some failures in a row a service is left alone until `begin_round`: a thousand pupils do not each
    wait for its timeout.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, transport=transport, verify=tls_context()
        )
        self._failures: dict[Source, int] = {}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def begin_round(self) -> None:
        """Give every service a fresh chance."""
        self._failures.clear()

    async def ask(self, source: Source, question: Mapping[str, str]) -> dict[str, Any]:
        """Return what a service knows. Raises ServiceAway."""
        if self._failures.get(source, 0) >= FAILURES_TO_REST:
            raise ServiceAway(source.value)
        for _ in range(TRIES):
            try:
                answer = await self._http.post(f"/{source.value}", json=dict(question))
                answer.raise_for_status()
                found = answer.json()
            except (httpx.HTTPError, ValueError):
                continue
            if isinstance(found, dict):
                self._failures[source] = 0
                return found
        self._failures[source] = self._failures.get(source, 0) + 1
        raise ServiceAway(source.value)


class NoDepartments:
    """Where no data services are connected: pupils wait, and the run says so."""

    def begin_round(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""

    async def ask(self, source: Source, question: Mapping[str, str]) -> dict[str, Any]:
        """Raise ServiceAway."""
        raise ServiceAway(source.value)
