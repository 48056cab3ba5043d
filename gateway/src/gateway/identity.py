"""Who is calling, by the rules of the channel."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import structlog

from gateway.attempts import FailedAttempts
from gateway.login.store import Logins
from gateway.oidc import TokenOver, TokenVerifier
from gateway.registry import Registry
from gateway.session.store import Nonces, Sessions
from lib_kernel import Clock, NotAllowed, NotAuthenticated
from lib_partner import SignatureRefused, key_id_of, verify_request
from lib_web import Caller, CallerKind

log = structlog.get_logger(__name__)

# Channels whose callers sign their requests, the body with them.
SIGNED = frozenset({"bank", "kiosk"})
# What is wrong with proofs that were never good; a session that is over or a clock that is off is no guess.
GUESSES = frozenset({"key-unknown", "signature-wrong", "token-invalid"})
PUBLIC = Caller(CallerKind.PUBLIC, "public", "public")


class SignatureInvalid(NotAuthenticated):
    """The request's signature is missing, wrong, stale or used before; `reason` says which."""

    code = "signature-invalid"
    title = "请求签名无效"


class WrongEntrance(NotAllowed):
    """The token is a citizen's on the staff entrance."""

    code = "staff-only"
    title = "此入口仅供工作人员使用"


class PartnerSuspended(NotAllowed):
    """The partner is shut out for now."""

    code = "partner-suspended"
    title = "该机构的接入已暂停，请联系平台管理员"


class DeviceDisabled(NotAllowed):
    """The terminal is shut out for now."""

    code = "device-disabled"
    title = "该终端已停用，请联系平台管理员"


class AddressNotAllowed(NotAllowed):
    """The request comes from an address that is not on the partner's list."""

    code = "address-not-allowed"
    title = "来源地址不在该机构登记的地址范围内"


@dataclass(frozen=True)
class Request:
    """A request as authentication sees it; `url` is on the public origin, `peer` the address it came from."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    peer: str = ""


class TrustedProxies:
    """Knows whose X-Forwarded-For is believed (`GATEWAY_TRUSTED_PROXIES`)."""

    def __init__(self, networks: tuple[str, ...]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._has_warned = False

    def client_of(self, request: Request) -> str:
        """Return the client's address: the last one in the chain that is no proxy of ours."""
        chain = [
            part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
        ]
        address = request.peer
        if chain and not self._networks:
            self._warn()
        while chain and self._is_proxy(address):
            address = chain.pop()
        return address

    def _warn(self) -> None:
        """Tell the operator once that clients behind a proxy are all taken for the proxy."""
        if not self._has_warned:
            self._has_warned = True
            log.warning("proxies.none_trusted", setting="GATEWAY_TRUSTED_PROXIES")

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._networks)


class Authenticator:
    """Applies each channel's rules."""

    def __init__(
        self,
        tokens: TokenVerifier,
        registry: Registry,
        *,
        sessions: Sessions,
        logins: Logins,
        nonces: Nonces,
        proxies: TrustedProxies,
        attempts: FailedAttempts,
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._registry = registry
        self._sessions = sessions
        self._logins = logins
        self._nonces = nonces
        self._proxies = proxies
        self._attempts = attempts
        self._clock = clock

    async def authenticate(self, channel: str, request: Request) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: it is not proven who is calling; the code says why.
            NotAllowed: a citizen came in by the staff's entrance, or the partner or terminal is shut out.
            TooManyFailures: proofs from this address were wrong too often.
        """
        if channel == "public":
            return PUBLIC
        try:
            if channel in SIGNED:
                key_id = await self._signed(channel, request)
                return await self._with_session(request, self._owner_of(channel, key_id, request))
            self._check_attempts(channel, request)
            return await self._by_token(channel, request)
        except NotAuthenticated as error:
            self._note_guess(channel, request, error)
            raise

    async def still_admits(self, channel: str, request: Request) -> bool:
        """Return whether who sent a request a while ago would be let in now, the signature's age aside.

        While it cannot be told, as when the broker is away, the answer is yes.
        """
        try:
            if channel in SIGNED:
                owner = self._owner_of(channel, key_id_of(request.headers), request)
                name = request.headers.get("x-session")
                return name is None or await self._sessions.is_open(holder_of(owner), name)
            if channel != "public":
                await self._by_token(channel, request)
        except (NotAuthenticated, NotAllowed):
            return False
        except Exception as error:
            log.warning("streams.not_looked_at", channel=channel, error=type(error).__name__)
        return True

    def check_key(self, channel: str, request: Request) -> None:
        """Refuse a signed request whose key is unknown before its body is read.

        Raises:
            SignatureInvalid, TooManyFailures: see there.
        """
        self._check_attempts(channel, request)
        try:
            if self._public_key(channel, key_id_of(request.headers)) is None:
                raise SignatureRefused("key-unknown", "签名密钥未登记或已停用")
        except SignatureRefused as refused:
            error = SignatureInvalid(str(refused), reason=refused.reason)
            self._note_guess(channel, request, error)
            raise error from refused

    def address_of(self, request: Request) -> str:
        """Return the address a request comes from, seen through our own proxies."""
        return self._proxies.client_of(request)

    def _check_attempts(self, channel: str, request: Request) -> None:
        if self._attempts.is_quiet:
            return
        # Who sends no token is no guesser, and who got in with this one before is not held up by others.
        field = request.headers.get("authorization")
        is_harmless = field is None or self._tokens.remembers(field, channel)
        if channel in SIGNED or not is_harmless:
            self._attempts.check(self.address_of(request))

    def _note_guess(self, channel: str, request: Request, error: NotAuthenticated) -> None:
        reason = str(error.facts.get("reason", error.code))
        if reason in GUESSES and not isinstance(error, TokenOver):
            self._attempts.note(self.address_of(request), channel, reason)

    async def _by_token(self, channel: str, request: Request) -> Caller:
        field = request.headers.get("authorization")
        if field is None and channel == "staff" and "cookie" in request.headers:
            token = await self._logins.token_of(request.method, request.headers)
            field = token and f"Bearer {token}"
        caller = await self._tokens.verify(field, channel)
        if channel == "staff" and caller.kind is not CallerKind.STAFF:
            raise WrongEntrance
        return caller

    def _owner_of(self, channel: str, key_id: str, request: Request) -> Caller:
        """Return the terminal or partner of a key, if it may call. Raises NotAllowed."""
        return self._terminal(key_id) if channel == "kiosk" else self._partner(key_id, request)

    def _terminal(self, key_id: str) -> Caller:
        device = self._registry.device_by_key(key_id)
        if device is None or device.is_disabled:
            raise DeviceDisabled
        points = frozenset({device.service_point})
        return Caller(CallerKind.DEVICE, device.code, "kiosk", points=points, device=device.code)

    def _partner(self, key_id: str, request: Request) -> Caller:
        found = self._registry.partner_key(key_id)
        if found is None or found[0].is_suspended or not found[1].is_usable(self._clock.now()):
            raise PartnerSuspended
        partner = found[0]
        address = self._proxies.client_of(request)
        if not partner.admits(address):
            raise AddressNotAllowed(address=address)
        return Caller(CallerKind.PARTNER, partner.code, "bank", partner=partner.code)

    def _public_key(self, channel: str, key_id: str) -> tuple[str, bytes] | None:
        """Return algorithm and key (PEM) of a key id, None when its signatures are not accepted."""
        if channel == "kiosk":
            device = self._registry.device_by_key(key_id)
            return (device.algorithm, device.public_pem.encode()) if device else None
        found = self._registry.partner_key(key_id)
        if found is None or not found[1].is_usable(self._clock.now()):
            return None
        return found[1].algorithm, found[1].public_pem.encode()

    async def _signed(self, channel: str, request: Request) -> str:
        known = partial(self._public_key, channel)
        try:
            signature = verify_request(request.method, request.url, request.headers, request.body, known)
        except SignatureRefused as refused:
            raise SignatureInvalid(str(refused), reason=refused.reason) from refused
        if not await self._nonces.use(signature.key_id, signature.nonce):
            raise SignatureInvalid("签名的 nonce 已使用过", reason="signature-replayed")
        return signature.key_id

    async def _with_session(self, request: Request, caller: Caller) -> Caller:
        """Return the customer when the request names their session on this very terminal or bank."""
        name = request.headers.get("x-session")
        if name is None:
            return caller
        facts = await self._sessions.use(holder_of(caller), name)
        return replace(
            caller, kind=CallerKind.CITIZEN, subject=facts["person_id"], consent=facts.get("consent")
        )


def holder_of(caller: Caller) -> str:
    """Return under which name the sessions of a terminal or bank are kept, also while a customer is there."""
    return f"{caller.channel}-{caller.device or caller.partner}"
