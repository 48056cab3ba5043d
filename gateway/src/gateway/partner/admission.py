"""What a partner may do right now: scopes, quotas, sandbox."""

from starlette.types import Message, Send

from gateway.guards import TooManyRequests
from gateway.partner.domain import Partner
from gateway.partner.usage import Usage
from gateway.registry import Registry
from gateway.routing import Route
from lib_kernel import DomainError, NotAllowed
from lib_web import Caller

READING = frozenset({"GET", "HEAD"})


class ScopeMissing(NotAllowed):
    """The partner is not registered for this group of operations."""

    code = "scope-missing"
    title = "该机构未开通此类接口"


class NotInSandbox(NotAllowed):
    """A sandbox partner would take real places and open real cases."""

    code = "not-in-sandbox"
    title = "沙箱不受理真实业务，请用 POST /bank/v1/sandbox-events 演练"


def scope_of(route: Route) -> str | None:
    """Return the scope an operation needs; the gateway's own operations need none."""
    if route.service == "gateway":
        return None
    return f"{route.service}:{'read' if route.method in READING else 'write'}"


class Admission:
    """Stands between authentication and the operation."""

    def __init__(self, registry: Registry, usage: Usage) -> None:
        self._registry = registry
        self._usage = usage

    def admit(self, caller: Caller, route: Route) -> None:
        """Let a partner's request in. Raises ScopeMissing, NotInSandbox, TooManyRequests."""
        partner = self._registry.partners.get(caller.partner or "")
        if partner is None:
            return
        try:
            self._check(partner, route)
        except DomainError as error:
            status = 429 if isinstance(error, TooManyRequests) else 403
            self._usage.note(partner.code, f"{route.method} {route.template}", status)
            raise

    def _check(self, partner: Partner, route: Route) -> None:
        self._usage.take(partner)
        scope = scope_of(route)
        if scope is not None and scope not in partner.scopes:
            raise ScopeMissing(scope=scope)
        if partner.is_sandbox and route.is_creating and route.service != "gateway":
            raise NotInSandbox

    def counting(self, caller: Caller, route: Route, send: Send) -> Send:
        """Return a `send` that counts the answer of a partner's request, and marks a sandbox's."""
        partner = self._registry.partners.get(caller.partner or "")
        if partner is None:
            return send

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._usage.note(partner.code, f"{route.method} {route.template}", message["status"])
                if partner.is_sandbox:
                    message["headers"] = [*message.get("headers", ()), (b"x-sandbox", b"true")]
            await send(message)

        return note
