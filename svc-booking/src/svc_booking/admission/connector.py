"""The admission check over HTTP, with a short timeout and remembered answers."""

import time
from collections import OrderedDict
from urllib.parse import quote

import httpx
import structlog

from lib_web import tls_context
from svc_booking.admission.domain import Admission, AdmissionUnavailable, Policy

log = structlog.get_logger(__name__)

REMEMBERED = 50_000


class HttpAdmission:
    """Asks `GET {url}/{person_id}` -> `{"status": "green" | …, "reason": "…"}`; 404 means not known, green.

    Only answers are remembered, for `cache` seconds: an outage is asked again at once, and a person whose
    status turns is refused at most that much later.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        cache: float,
        policy: Policy,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport, verify=tls_context())
        self._url = url.rstrip("/")
        self._cache = cache
        self._policy = policy
        self._known: OrderedDict[str, tuple[float, Admission]] = OrderedDict()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def check(self, person_id: str) -> None:
        """Return when the person is admitted. Raises AdmissionRefused, AdmissionUnavailable."""
        known = self._known.get(person_id)
        if known is not None and known[0] > time.monotonic():
            return known[1].check()
        try:
            admission = await self._ask(person_id)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("admission.unanswered", error=type(error).__name__, policy=self._policy.value)
            if self._policy is Policy.CLOSED:
                raise AdmissionUnavailable from error
            return None
        self._known[person_id] = (time.monotonic() + self._cache, admission)
        self._known.move_to_end(person_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return admission.check()

    async def _ask(self, person_id: str) -> Admission:
        answer = await self._http.get(f"{self._url}/{quote(person_id, safe='')}")
        if answer.status_code == 404:
            return Admission("green")
        answer.raise_for_status()
        body = answer.json()
        return Admission(str(body["status"]), str(body.get("reason") or ""))
