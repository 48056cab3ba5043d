"""Errors about places."""

from lib_kernel import NotFound


class NoSuchPlace(NotFound):
    """There is no such service point."""

    code = "service-point-not-found"
    title = "没有这个服务网点"
