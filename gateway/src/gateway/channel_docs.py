"""What a channel can do, as OpenAPI: the services' own documents, cut to the route table."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.docs_page import render
from gateway.routing import PARAMETER, Route, RouteTable
from lib_kernel import DomainError
from lib_web import HEADER, MEDIA_TYPE, Problem

REFERENCE = "#/components/schemas/"
PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}}}
# What the gateway itself may answer, on every operation.
ALWAYS = {
    "400": "请求不合要求",
    "403": "本渠道或本身份不能使用此功能",
    "404": "没有找到",
    "408": "提交内容传输超时",
    "413": "提交的内容过大",
    "422": "提交的内容有误",
    "429": "请求过于频繁",
    "431": "请求头过大",
    "500": "系统内部错误",
    "503": "服务暂时不可用，稍后重试",
    "504": "服务响应超时",
}
SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Signature-Input",
    "description": "RFC 9421 签名（Signature-Input、Signature、Content-Digest）",
}
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
SCHEMES: dict[str, dict[str, Any]] = {
    "public": {},
    "pc": {"token": BEARER},
    "mobile": {"token": BEARER},
    "staff": {"token": BEARER},
    "kiosk": {"signature": SIGNATURE},
    "bank": {"signature": SIGNATURE},
}

NAMES = {
    "public": "公开",
    "pc": "网上大厅",
    "mobile": "移动端",
    "kiosk": "自助终端",
    "bank": "合作银行",
    "staff": "工作人员",
}
SHARED = frozenset({"Problem", "FieldError"})

Document = dict[str, Any]
Read = Callable[[], Awaitable[Document]]


class ChannelDocs:
    """Merges the documents of the services; one that is away is left out until it answers."""

    def __init__(self, table: RouteTable, documents: Mapping[str, Read]) -> None:
        """`documents` reads the document of each service, the gateway's own among them."""
        self._table = table
        self._read = documents
        self._documents: dict[str, Document] = {}

    async def openapi(self, channel: str) -> Document:
        """Return the document of a channel."""
        paths: dict[str, Any] = {}
        schemas = _problem_schemas()
        for route in self._table.routes:
            if channel not in route.channels:
                continue
            document = await self._document(route.service)
            found = operation_of(document, route)
            if found is not None:
                operation = _for_channel(found, route, channel)
                known = document.get("components", {}).get("schemas", {})
                named = _Named(route.service, known, schemas).copy(operation)
                paths.setdefault(f"/{channel}{route.template}", {})[route.method.lower()] = named
        return {
            "openapi": "3.1.0",
            "info": {"title": f"平顶山市政务服务接口（{NAMES[channel]}）", "version": "1.0.0"},
            "paths": paths,
            "components": {"schemas": schemas, "securitySchemes": SCHEMES[channel]},
            "security": [{name: []} for name in SCHEMES[channel]],
        }

    async def page(self, channel: str) -> str:
        """Return a readable page without any outside address."""
        return render(await self.openapi(channel))

    async def _document(self, service: str) -> Document:
        if service not in self._documents:
            try:
                self._documents[service] = await self._read[service]()
            except DomainError:
                return {}
        return self._documents[service]


def operation_of(document: Document, route: Route) -> Document | None:
    """Return the operation of a route in the document of its service, None when there is none."""
    for path, operations in document.get("paths", {}).items():
        if _shape(path) == _shape(route.target) and route.method.lower() in operations:
            found: Document = operations[route.method.lower()]
            return found
    return None


def _shape(path: str) -> str:
    """Return a path whose parameters have no names: the table and the services name them differently."""
    return PARAMETER.sub("{}", path)


def _for_channel(operation: Document, route: Route, channel: str) -> Document:
    names = iter(PARAMETER.findall(route.template))
    parameters = []
    for parameter in operation.get("parameters", []):
        if parameter["name"].lower() == HEADER.lower():
            continue
        if parameter["in"] == "path":
            parameter = {**parameter, "name": next(names)}
        elif parameter["name"].lower() == "idempotency-key" and _needs_key(route, channel):
            parameter = {**parameter, "required": True}
        parameters.append(parameter)
    described = {code: {"description": text, **PROBLEM} for code, text in ALWAYS.items()}
    if channel != "public":
        described["401"] = {"description": "身份未经证明", **PROBLEM}
    if any(parameter["name"].lower() == "if-match" for parameter in parameters):
        described["412"] = {"description": "内容已被他人修改", **PROBLEM}
    if route.is_cached:
        described["304"] = {"description": "内容没有变化"}
    kept = {key: value for key, value in operation.items() if key not in {"security", "operationId"}}
    answers = {**described, **operation.get("responses", {})}
    answers = {
        code: {"description": _described(code, answer), **PROBLEM}
        if code >= "400"
        else {**answer, "description": _described(code, answer)}
        for code, answer in answers.items()
    }
    slug = re.sub(r"\W+", "_", f"{route.method} {route.template}").strip("_").lower()
    return {**kept, "operationId": slug, "parameters": parameters, "responses": answers}


def _described(code: str, answer: Document) -> str:
    """Return what an answer means; what the framework says by itself says nothing."""
    text = str(answer.get("description", ""))
    return ALWAYS.get(code, "成功") if text in {"", "Successful Response", "Validation Error"} else text


def _needs_key(route: Route, channel: str) -> bool:
    return route.is_creating and channel in {"bank", "kiosk"}


def _problem_schemas() -> Document:
    schema = Problem.model_json_schema(ref_template=REFERENCE + "{model}")
    return {**schema.pop("$defs"), "Problem": schema}


class _Named:
    """Copies parts of a service's document: what they refer to comes along, under a name of the service.

    Two services may have different schemas of one name.
    """

    def __init__(self, service: str, known: Document, schemas: Document) -> None:
        self._service = service
        self._known = known
        self._schemas = schemas

    def copy(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.copy(each) for each in part]
        if not isinstance(part, dict):
            return part
        copied = {key: self.copy(each) for key, each in part.items()}
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith(REFERENCE):
            copied["$ref"] = REFERENCE + self._bring(reference.removeprefix(REFERENCE))
        return copied

    def _bring(self, name: str) -> str:
        if name in SHARED:
            return name
        own = f"{self._service}_{name}"
        if own not in self._schemas:
            self._schemas[own] = {}  # Noted first: a schema may refer to itself.
            self._schemas[own] = self.copy(self._known[name])
        return own
