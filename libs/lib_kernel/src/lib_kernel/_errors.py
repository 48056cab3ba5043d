"""Errors of the domain. They know nothing of HTTP; the edge maps a family to a status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the domain refused what was asked.

    `code` is the stable name clients may rely on, `title` the Chinese heading shown to people; the message
    carries the facts of this case; `facts` are machine-readable members added to the problem body.
    """

    code: ClassVar[str] = "domain-error"
    title: ClassVar[str] = "业务规则不允许此操作"

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts: Mapping[str, Any] = facts


class Invalid(DomainError):
    """The request is well formed but a value breaks a rule (422)."""

    code = "invalid"
    title = "提交的内容不符合要求"


class NotFound(DomainError):
    """There is no such thing, or the caller may not know that there is (404)."""

    code = "not-found"
    title = "没有找到"


class Conflict(DomainError):
    """The state of the thing does not allow this now (409)."""

    code = "conflict"
    title = "当前状态不允许此操作"


class IllegalMove(Conflict):
    """A lifecycle has no such step from here."""

    code = "illegal-move"
    title = "当前状态不能进行这一步"


class StaleVersion(Conflict):
    """Somebody else changed the thing in the meantime (412 at the edge when If-Match was sent)."""

    code = "stale-version"
    title = "内容已被他人修改，请刷新后重试"


class NotAuthenticated(DomainError):
    """It is not proven who is calling (401)."""

    code = "not-authenticated"
    title = "请先登录"


class NotAllowed(DomainError):
    """The caller is known but has no right to this (403)."""

    code = "not-allowed"
    title = "没有权限"


class Unavailable(DomainError):
    """Something this depends on does not answer now; trying again later makes sense (503)."""

    code = "unavailable"
    title = "服务暂时不可用，请稍后再试"


class TooMany(DomainError):
    """Asked more often than allowed; waiting makes sense (429)."""

    code = "too-many"
    title = "操作过于频繁，请稍后再试"
