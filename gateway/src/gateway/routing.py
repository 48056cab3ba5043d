"""Compiles the route table and finds the route of a request."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

from lib_kernel import DomainError, NotAllowed, NotFound

CHANNELS = frozenset({"public", "pc", "mobile", "kiosk", "bank", "staff"})
PARAMETER = re.compile(r"{(\w+)}")


class NoSuchPath(NotFound):
    """No channel has such an operation (404)."""

    code = "no-such-path"
    title = "没有这个地址"


class MethodNotAllowed(DomainError):
    """The path exists with other methods (405 at the edge)."""

    code = "method-not-allowed"
    title = "此地址不支持该方法"


class ChannelNotAllowed(NotAllowed):
    """The operation exists, but not on this channel."""

    code = "channel-not-allowed"
    title = "本渠道不提供此功能"


@dataclass(frozen=True)
class Route:
    """One operation. `template` is the external path after the channel."""

    method: str
    template: str
    service: str
    target: str
    channels: frozenset[str]
    is_creating: bool = False
    is_cached: bool = False
    is_stream: bool = False

    def path_at_service(self, values: dict[str, str]) -> str:
        """Return the service's own path, percent-encoded."""
        fixed, names = self._target_parts
        path = fixed[0]
        for name, after in zip(names, fixed[1:], strict=True):
            path += quote(values[name], safe="") + after
        return path

    @cached_property
    def _target_parts(self) -> tuple[list[str], list[str]]:
        """Return what stands between the parameters of the target, and their names."""
        parts = PARAMETER.split(self.target)
        return parts[::2], parts[1::2]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the expression that matches the external path."""
        return re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", self.template))


class Match(NamedTuple):
    """A route with the values of its path parameters."""

    route: Route
    values: dict[str, str]

    @property
    def path(self) -> str:
        """Return the path at the service, percent-encoded."""
        return self.route.path_at_service(self.values)


class RouteTable:
    """Finds routes: fixed paths by look-up, others by their count of segments, the more fixed first."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._fixed: dict[str, dict[str, Route]] = {}
        self._open: dict[int, list[Route]] = {}
        for route in sorted(routes, key=lambda route: route.template.count("{")):
            if "{" in route.template:
                self._open.setdefault(route.template.count("/"), []).append(route)
            else:
                self._fixed.setdefault(route.template, {})[route.method] = route

    def find(self, method: str, path: str) -> Match:
        """Return the route of a method and an unescaped external path without its channel.

        Raises:
            NoSuchPath, MethodNotAllowed: see there.
        """
        method = "GET" if method == "HEAD" else method
        fixed = self._fixed.get(path)
        if fixed is not None and method in fixed:
            return Match(fixed[method], {})
        other_method = fixed is not None
        for route in self._open.get(path.count("/"), ()):
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                return Match(route, found.groupdict())
            other_method = other_method or found is not None
        if other_method:
            raise MethodNotAllowed
        raise NoSuchPath


def read_table(text: str) -> RouteTable:
    """Read the table's lines. Raises ValueError naming a line that is wrong or stands twice."""
    known: set[tuple[str, str]] = set()
    routes = []
    for line in filter(str.strip, text.splitlines()):
        route = _read_line(line)
        if (route.method, route.template) in known:
            raise ValueError(f"twice in the table: {line}")
        known.add((route.method, route.template))
        routes.append(route)
    return RouteTable(routes)


MARKS = {"!": "is_creating", "*": "is_cached", "~": "is_stream"}


def _read_line(line: str) -> Route:
    method, template, service, *channels = line.split()
    unknown = set(channels) - CHANNELS
    if unknown or not channels:
        raise ValueError(f"wrong channels in route: {line}")
    name, _, target = service.partition(":")
    marks = {MARKS[mark]: True for mark in method if mark in MARKS}
    plain = method.rstrip("".join(MARKS))
    return Route(plain, template, name, target or template, frozenset(channels), **marks)
