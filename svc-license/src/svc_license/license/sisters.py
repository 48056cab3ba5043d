"""svc-catalog and svc-seal over HTTP, and the store of files."""

import base64
from pathlib import Path
from uuid import UUID

from obstore.store import LocalStore, ObjectStore, from_url

from lib_web import SisterClient
from svc_license.license.page import SEAL_X, SEAL_Y
from svc_license.license.ports import Subject


class CatalogClient:
    """svc-catalog."""

    def __init__(self, client: SisterClient) -> None:
        self._client = client

    async def subject(self, application_id: UUID) -> Subject:
        """Return what the licence of an application must say. Raises as the client does."""
        found = await self._client.get(f"/v1/applications/{application_id}/license-subject")
        return Subject(found["holder_name"], found["holder_number"], found["fields"])


class SealClient:
    """svc-seal."""

    def __init__(self, client: SisterClient) -> None:
        self._client = client

    async def seal(self, document: bytes, *, seal_code: str, use_key: str) -> bytes:
        """Return the document sealed. Raises as the client does."""
        body = {
            "document": base64.b64encode(document).decode(),
            "seal_code": seal_code,
            "purpose": "签发电子证照",
            "use_key": use_key,
            "x": SEAL_X,
            "y": SEAL_Y,
        }
        return base64.b64decode((await self._client.post("/v1/documents", body))["document"])

    async def is_good(self, document: bytes) -> bool:
        """Return whether every seal of the document is good. Raises as the client does."""
        body = {"document": base64.b64encode(document).decode()}
        return bool((await self._client.post("/v1/verifications", body))["valid"])


class ObjectFiles:
    """Files in a folder or an S3-compatible store, as the address says."""

    def __init__(self, url: str) -> None:
        self._store: ObjectStore = _open(url)

    async def put(self, path: str, data: bytes) -> None:
        """Keep a file."""
        await self._store.put_async(path, data)

    async def get(self, path: str) -> bytes:
        """Return a file. Raises FileNotFoundError."""
        return bytes(await (await self._store.get_async(path)).bytes_async())


def _open(url: str) -> ObjectStore:
    if url.startswith("file://"):
        return LocalStore(Path(url.removeprefix("file://")), mkdir=True)
    return from_url(url)
