"""The partner city: takes signed transfers, handles them, and tells how they stand, signed as well."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from lib_partner import SignatureRefused, SignedAuth, SigningKey, verify_request

CODE = "320583"
KEY_ID = "kunshan-1"


@dataclass
class Kunshan:
    """The city's side of the exchange.

    `origin` is its public address; `our_keys` the public keys of those who may send; `key` signs what it
    sends to `gateway`.
    """

    origin: str
    our_keys: dict[str, bytes]
    key: SigningKey
    gateway: str
    transport: httpx.AsyncBaseTransport | None = None
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    is_down: bool = False
    nonces: set[str] = field(default_factory=set)

    def routes(self) -> list[Route]:
        """Return its routes."""
        return [
            Route("/exchange/v1/transfers", self.take, methods=["POST"]),
            Route("/exchange/v1/statuses", self.hear, methods=["POST"]),
        ]

    async def take(self, request: Request) -> JSONResponse:
        """Take an application over, once however often it is sent."""
        refused = await self._refusal(request)
        if refused is not None:
            return refused
        body, key = await request.json(), request.headers["idempotency-key"]
        known = self.taken.setdefault(key, {"case": f"KS-{len(self.taken) + 1:06d}", "body": body})
        return JSONResponse({"partner_case": known["case"]}, 201)

    async def hear(self, request: Request) -> JSONResponse:
        """Note how an application that it sent stands with us."""
        refused = await self._refusal(request)
        if refused is None:
            self.told.append(await request.json())
            return JSONResponse({"news": True})
        return refused

    async def tell(self, case: str, status: str, sequence: int, note: str = "", ground: str = "") -> Any:
        """Tell us how one of our applications stands there."""
        body = {
            "partner_case": case,
            "status": status,
            "sequence": sequence,
            "note": note,
            "legal_ground": ground,
        }
        return await self.send("statuses", body)

    async def send(self, what: str, body: dict[str, Any], key: str | None = None) -> Any:
        """Send a signed message to our gateway; return its answer."""
        async with httpx.AsyncClient(auth=SignedAuth(self.key), transport=self.transport) as client:
            answer = await client.post(
                f"{self.gateway}/bank/v1/exchange/{what}",
                json=body,
                headers={"Idempotency-Key": key or uuid4().hex},
            )
        answer.raise_for_status()
        return answer.json()

    async def _refusal(self, request: Request) -> JSONResponse | None:
        if self.is_down:
            return JSONResponse({"error": "maintenance"}, 503)
        url = f"{self.origin}{request.url.path}"
        try:
            proven = verify_request(
                request.method,
                url,
                dict(request.headers),
                await request.body(),
                lambda key_id: ("ed25519", self.our_keys[key_id]) if key_id in self.our_keys else None,
            )
        except SignatureRefused as error:
            return JSONResponse({"error": error.reason}, 401)
        if proven.nonce in self.nonces:
            return JSONResponse({"error": "replayed"}, 401)
        self.nonces.add(proven.nonce)
        return None


def from_environment(keys: Path) -> Kunshan:
    """Return the city with the keys of the local run."""
    key = SigningKey(KEY_ID, "ed25519", (keys / "kunshan.pem").read_bytes())
    ours = {"pingdingshan-1": (keys / "exchange.pub.pem").read_bytes()}
    return Kunshan(os.environ["STAND_IN_ORIGIN"], ours, key, os.environ["PUBLIC_ORIGIN"])
