"""Who is calling, by the rules of the channel."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.oidc import TokenVerifier
from gateway.store import RegisteredKey, Registry, SessionOver, Shared
from lib_kernel import NotAllowed, NotAuthenticated
from lib_partner import SignatureRefused, verify_request
from lib_web import Caller, CallerKind

PUBLIC = Caller(CallerKind.PUBLIC, "public", "public")


class SignatureInvalid(NotAuthenticated):
    """The request's signature is missing, wrong, stale or used before; `reason` says which."""

    code = "signature-invalid"
    title = "请求签名无效"


class WrongEntrance(NotAllowed):
    """The token is a citizen's on the staff entrance."""

    code = "staff-only"
    title = "此入口仅供工作人员使用"


@dataclass(frozen=True)
class Request:
    """A request as authentication sees it; `url` is on the public origin."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Authenticator:
    """Applies each channel's rules."""

    def __init__(self, tokens: TokenVerifier, registry: Registry, shared: Shared) -> None:
        self._tokens = tokens
        self._registry = registry
        self._shared = shared

    async def authenticate(self, channel: str, request: Request) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: it is not proven who is calling; the code says why.
            NotAllowed: a citizen came in by the staff's entrance.
        """
        if channel == "public":
            return PUBLIC
        if channel == "kiosk":
            return await self._terminal(request)
        if channel == "bank":
            return await self._partner(request)
        caller = await self._tokens.verify(request.headers.get("authorization"), channel)
        if channel == "staff" and caller.kind is not CallerKind.STAFF:
            raise WrongEntrance
        return caller

    async def _terminal(self, request: Request) -> Caller:
        _, key = await self._signed(request, self._registry.devices)
        points = frozenset({key.point} if key.point else ())
        device = Caller(CallerKind.DEVICE, key.owner, "kiosk", points=points, device=key.owner)
        return await self._with_session(request, device)

    async def _partner(self, request: Request) -> Caller:
        _, key = await self._signed(request, self._registry.partners)
        return await self._with_session(
            request, Caller(CallerKind.PARTNER, key.owner, "bank", partner=key.owner)
        )

    async def _signed(self, request: Request, known: dict[str, RegisteredKey]) -> tuple[str, RegisteredKey]:
        def public_key_of(key_id: str) -> tuple[str, bytes] | None:
            found = known.get(key_id)
            return (found.algorithm, found.public_pem) if found else None

        try:
            signature = verify_request(
                request.method, request.url, request.headers, request.body, public_key_of
            )
        except SignatureRefused as refused:
            raise SignatureInvalid(str(refused), reason=refused.reason) from refused
        if not await self._shared.use_nonce(signature.key_id, signature.nonce):
            raise SignatureInvalid("签名的 nonce 已使用过", reason="signature-replayed")
        return signature.key_id, known[signature.key_id]

    async def _with_session(self, request: Request, caller: Caller) -> Caller:
        """Return the customer when the request names their session on this very terminal or bank."""
        name = request.headers.get("x-session")
        if name is None:
            return caller
        facts = await self._shared.session(name)
        if facts["holder"] != caller.subject:
            raise SessionOver
        return replace(
            caller, kind=CallerKind.CITIZEN, subject=facts["person_id"], consent=facts.get("consent")
        )
