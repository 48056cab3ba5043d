"""svc-catalog and svc-seal over HTTP."""

import base64
from typing import Any
from uuid import UUID

from lib_web import SisterClient
from svc_license.kind.template import SEAL_MM
from svc_license.license.ports import SealPlace, Subject


class CatalogClient:
    """svc-catalog."""

    def __init__(self, client: SisterClient) -> None:
        self._client = client

    async def subject(self, application_id: UUID, type_code: str) -> Subject:
        """Return what an application's licence of a kind must say. Raises as the client does."""
        path = f"/v1/applications/{application_id}/license-subject"
        found = await self._client.get(path, license_type=type_code)
        return Subject(found["holder_name"], found["holder_number"], found["fields"])


class SealClient:
    """svc-seal."""

    def __init__(self, client: SisterClient) -> None:
        self._client = client

    async def seal(self, document: bytes, *, seal_code: str, use_key: str, place: SealPlace) -> bytes:
        """Return the document sealed. Raises as the client does."""
        body: dict[str, object] = {
            "document": base64.b64encode(document).decode(),
            "seal_code": seal_code,
            "purpose": "签发电子证照",
            "use_key": use_key,
            "x": place.x,
            "y": place.y,
        }
        if place.size != SEAL_MM:
            body["size"] = place.size
        return base64.b64decode((await self._client.post("/v1/documents", body))["document"])

    async def is_good(self, document: bytes) -> bool:
        """Return whether every seal of the document is good. Raises as the client does."""
        return bool((await self.findings(document))["valid"])

    async def findings(self, document: bytes) -> dict[str, Any]:
        """Return svc-seal's verdict on each seal of the document. Raises as the client does."""
        body = {"document": base64.b64encode(document).decode()}
        found: dict[str, Any] = await self._client.post("/v1/verifications", body)
        return found
