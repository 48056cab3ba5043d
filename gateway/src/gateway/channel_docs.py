"""What a channel can do, as OpenAPI: the services' own documents, cut to the route table."""

import html
from typing import Any

from gateway.routing import Route, RouteTable
from lib_kernel import DomainError
from lib_web import SisterClient


class ChannelDocs:
    """Merges the documents of the services; one that is away is left out until it answers."""

    def __init__(self, table: RouteTable, sisters: dict[str, SisterClient]) -> None:
        self._table = table
        self._sisters = sisters
        self._documents: dict[str, dict[str, Any]] = {}

    async def openapi(self, channel: str) -> dict[str, Any]:
        """Return the document of a channel."""
        paths: dict[str, Any] = {}
        schemas: dict[str, Any] = {}
        for route in self._table.routes:
            if channel not in route.channels:
                continue
            document = await self._document(route.service)
            operation = _operation(document, route)
            paths.setdefault(f"/{channel}{route.template}", {})[route.method.lower()] = operation
            schemas |= document.get("components", {}).get("schemas", {})
        return {
            "openapi": "3.1.0",
            "info": {"title": f"平顶山市政务服务 {channel} 渠道", "version": "1.0.0"},
            "paths": paths,
            "components": {"schemas": schemas},
        }

    async def page(self, channel: str) -> str:
        """Return a readable page without any outside address."""
        document = await self.openapi(channel)
        rows = "".join(
            f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
            f"<td>{html.escape(operation.get('description') or operation.get('summary') or '')}</td></tr>"
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        )
        title = html.escape(document["info"]["title"])
        style = "body{font:15px/1.6 sans-serif;margin:2em}td{padding:.3em .8em;border-bottom:1px solid #ddd}"
        head = f'<meta charset="utf-8"><title>{title}</title><style>{style}</style>'
        link = '<p>机器可读：<a href="openapi.json">openapi.json</a></p>'
        return f'<!doctype html><html lang="zh">{head}<h1>{title}</h1>{link}<table>{rows}</table></html>'

    async def _document(self, service: str) -> dict[str, Any]:
        if service not in self._sisters:
            return {}
        if service not in self._documents:
            try:
                self._documents[service] = await self._sisters[service].get("/openapi.json")
            except DomainError:
                return {}
        return self._documents[service]


def _operation(document: dict[str, Any], route: Route) -> dict[str, Any]:
    for path, operations in document.get("paths", {}).items():
        if _shape(path) == _shape(route.target) and route.method.lower() in operations:
            found: dict[str, Any] = operations[route.method.lower()]
            return {**found, "parameters": _without_internal(found.get("parameters", [])), "security": []}
    return {"responses": {"200": {"description": "成功"}}}


def _shape(path: str) -> str:
    """Return a path whose parameters have no names: the table and the services name them differently."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _without_internal(parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [parameter for parameter in parameters if parameter["name"].lower() != "x-internal-token"]
