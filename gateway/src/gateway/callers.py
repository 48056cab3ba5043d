"""The caller whom the core authenticated, for the gateway's own operations."""

from typing import Annotated, cast

from fastapi import Depends, Request

from lib_kernel import NotAllowed
from lib_web import Caller, CallerKind


def caller_of(request: Request) -> Caller:
    """Return the caller whom the core authenticated."""
    return cast(Caller, request.state.caller)


def _admin(request: Request) -> Caller:
    caller = caller_of(request)
    if caller.kind is not CallerKind.STAFF or "admin" not in caller.roles:
        raise NotAllowed("仅系统管理员可以使用此功能")
    return caller


def _partner(request: Request) -> Caller:
    caller = caller_of(request)
    if caller.kind is not CallerKind.PARTNER:
        raise NotAllowed("此操作须由合作机构本身进行，不带客户会话")
    return caller


def _device(request: Request) -> Caller:
    caller = caller_of(request)
    if caller.device is None:
        raise NotAllowed("此操作须由自助终端进行")
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]
Admin = Annotated[Caller, Depends(_admin)]
Partner = Annotated[Caller, Depends(_partner)]
Device = Annotated[Caller, Depends(_device)]
