"""The caller as a dependency: each route states which scopes it serves."""

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader

from lib_kernel import NotAllowed
from lib_web._caller import Caller, CallerKind
from lib_web._tokens import HEADER, InternalTokenVerifier

_header = APIKeyHeader(name=HEADER, auto_error=False, description="网关签发的内部凭证")


async def caller_of(request: Request, token: Annotated[str | None, Security(_header)]) -> Caller:
    """Return the verified caller of a request. Not a plain function: those are sent through a thread each.

    Raises:
        InternalTokenMissing, InternalTokenInvalid: the request did not come through the gateway.
    """
    verifier = cast(InternalTokenVerifier, request.app.state.verifier)
    return verifier.verify(token)


AnyCaller = Annotated[Caller, Depends(caller_of)]


def requires(*scopes: str) -> Any:
    """Return the dependency of a route that serves callers with one of `scopes` (a kind or a staff role).

    The role `admin` stands for every staff role, never for a citizen, partner or device.
    """
    admitted = admitting(*scopes)

    async def check(caller: AnyCaller) -> Caller:
        return admitted(caller)

    return Depends(check)


def admitting(*scopes: str) -> Callable[[Caller], Caller]:
    """Return the check behind `requires`: it returns the caller, or raises NotAllowed."""
    wanted = frozenset(scopes)
    kinds = {kind.value for kind in CallerKind} - {CallerKind.STAFF.value}
    admin_too = bool(wanted - kinds)

    def check(caller: Caller) -> Caller:
        if caller.scopes & wanted or (admin_too and "admin" in caller.roles):
            return caller
        raise NotAllowed("您的身份不能使用此功能", needs=sorted(wanted))

    return check


Citizen = Annotated[Caller, requires("citizen")]
Service = Annotated[Caller, requires("service")]
