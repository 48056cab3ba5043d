"""What keepers, users and verifiers of seals do in tests, over HTTP."""

import base64
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from reportlab.pdfgen.canvas import Canvas

from lib_ofd import Document, Text
from lib_testing import PUBLIC, Clients, staff
from lib_web import Caller, CallerKind

KEEPER = staff("s_keeper", "seal_keeper")
SECOND = staff("s_keeper_2", "seal_keeper")
LICENSE = Caller(CallerKind.SERVICE, "svc-license", "internal")
CODE = "4104000000001"
ORDER = {"code": CODE, "name": "平顶山市市场监督管理局", "department": "11410400005184603J"}


class Office:
    """What keepers, users and verifiers do, over HTTP."""

    def __init__(self, service: Clients) -> None:
        self.service = service
        self.keeper = service.as_(KEEPER)
        self.second = service.as_(SECOND)
        self.license = service.as_(LICENSE, issuer="svc-license")
        self.public = service.as_(PUBLIC)

    async def make(self, code: str = CODE, **more: Any) -> dict[str, Any]:
        """Apply for a seal and approve it."""
        applied = await self.keeper.post("/v1/seals", json={**ORDER, "code": code, **more})
        assert applied.status_code == 201, applied.text
        answer = await self.second.post(f"/v1/seals/{code}/approval")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(self, key: str, document: bytes, **more: Any) -> httpx.Response:
        """Ask for a seal on a document."""
        body = {
            "document": base64.b64encode(document).decode(),
            "seal_code": CODE,
            "purpose": "签发证照",
            "use_key": key,
            **({} if {"keyword", "across_pages"} & more.keys() else {"x": 150, "y": 130}),
            **more,
        }
        return await self.license.post("/v1/documents", json=body)

    async def seal(self, key: str = "license-0001", document: bytes | None = None, **more: Any) -> bytes:
        """Return a sealed document."""
        answer = await self.ask(key, document or a_document(), **more)
        assert answer.status_code == 201, answer.text
        return base64.b64decode(answer.json()["document"])

    async def verdict(self, document: bytes) -> dict[str, Any]:
        """Return what verification says to anyone."""
        headers = {"content-type": "application/octet-stream"}
        answer = await self.public.post("/v1/verifications", content=document, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    async def failed(self, document: bytes) -> set[str]:
        """Return the checks that a document fails."""
        said = await self.verdict(document)
        return {
            found["check"] for item in said["signatures"] for found in item["findings"] if not found["ok"]
        }


def a_document() -> bytes:
    """Return a one-page OFD."""
    document = Document(UUID(int=1), "证照", datetime(2026, 3, 4, tzinfo=UTC))
    document.add(Text(30, 60, "食品经营许可证"), Text(180, 150, "发证机关（盖章）"))
    return document.build()


def a_pdf(pages: int = 2) -> bytes:
    """Return a PDF of some pages."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for number in range(pages):
        canvas.drawString(72, 700, f"contract page {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()
