"""A channel's operations as one readable page, without any outside address."""

from collections.abc import Iterator
from html import escape
from typing import Any

Document = dict[str, Any]

STYLE = """
.op{background:var(--paper);border:1px solid var(--line);border-radius:var(--round);margin:.5rem 0}
.op summary{padding:.6rem .9rem;cursor:pointer;display:flex;gap:.8rem;flex-wrap:wrap;align-items:baseline}
.op .body{padding:0 .9rem 1rem}
.verb{font:600 .8rem/1 ui-monospace,monospace;padding:.3rem .45rem;border-radius:6px;min-width:4.2rem;
background:var(--accent-soft);text-align:center}
code{font:.92em ui-monospace,monospace}
h3{font-size:1rem;margin:.9rem 0 .3rem}
nav a{display:inline-block;margin-right:.9rem}
"""


def render(document: Document) -> str:
    """Return the page of an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            tag = (operation.get("tags") or ["其他"])[0]
            groups.setdefault(tag, []).append(_operation(document, verb, path, operation))
    title = escape(document["info"]["title"])
    groups["数据类型"] = list(_schemas(document))
    sections = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(found)}' for tag, found in groups.items()
    )
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups)
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/assets/city.css"><style>{STYLE}</style></head><body>'
        f'<header class="top"><h1>{title}</h1><p>{_proof(document)}</p></header>'
        f'<main><nav>{links}<a href="openapi.json">openapi.json</a></nav>{sections}</main></body></html>'
    )


def _proof(document: Document) -> str:
    schemes = document["components"]["securitySchemes"]
    if "signature" in schemes:
        return "每个请求须按 RFC 9421 签名；提交请求须带 Idempotency-Key"
    return "请求须带 Authorization: Bearer 访问令牌" if schemes else "无须登录"


def _operation(document: Document, verb: str, path: str, operation: Document) -> str:
    text = escape(operation.get("description") or operation.get("summary") or "")
    parts = [
        _parameters(operation.get("parameters", [])),
        _body(document, operation.get("requestBody")),
        _answers(document, operation["responses"]),
    ]
    return (
        f'<details class="op"><summary><span class="verb">{verb.upper()}</span><code>{escape(path)}</code>'
        f'<span>{text}</span></summary><div class="body">{"".join(parts)}</div></details>'
    )


def _parameters(parameters: list[Document]) -> str:
    rows = [
        (
            parameter["name"],
            _kind(parameter.get("schema", {})),
            "必填" if parameter.get("required") else "",
            f"{parameter['in']}　{parameter.get('description', '')}",
        )
        for parameter in parameters
    ]
    return _table("参数", rows)


def _body(document: Document, body: Document | None) -> str:
    if body is None:
        return ""
    return "".join(
        _table(f"请求正文 {media}", _members(document, content.get("schema", {})))
        for media, content in body["content"].items()
    )


def _answers(document: Document, responses: Document) -> str:
    rows = [
        # Every refusal is a problem; saying so in each row would leave phones no room for what it means.
        (code, "" if code >= "400" else ", ".join(answer.get("content", {})), "", answer["description"])
        for code, answer in sorted(responses.items())
    ]
    good = [
        _table(f"应答 {code}", _members(document, content.get("schema", {})))
        for code, answer in sorted(responses.items())
        if code.startswith("2")
        for content in answer.get("content", {}).values()
    ]
    return "".join(good) + _table("状态码", rows)


def _members(document: Document, schema: Document) -> list[tuple[str, str, str, str]]:
    found = _resolved(document, schema)
    required = set(found.get("required", []))
    return [
        (name, _kind(member), "必填" if name in required else "", str(member.get("description", "")))
        for name, member in found.get("properties", {}).items()
    ]


def _schemas(document: Document) -> Iterator[str]:
    """Yield what the operations refer to by name, each once."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        values = "、".join(escape(str(value)) for value in schema.get("enum", ()))
        shown = _table("成员", _members(document, schema)) or f"<p>{values or _kind(schema)}</p>"
        yield (
            f'<section class="op" id="schema-{escape(name)}"><div class="body"><h3>{escape(name)}</h3>'
            f"<p>{escape(schema.get('description', ''))}</p>{shown}</div></section>"
        )


def _resolved(document: Document, schema: Document) -> Document:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Document = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return found


def _kind(schema: Document) -> str:
    """Return what a value is, in a few characters of HTML."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"].rsplit("/", 1)[1]))
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return escape(str(schema.get("format") or schema.get("type") or ""))


def _table(heading: str, rows: list[tuple[str, str, str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td><td>{escape(need)}</td>"
        f"<td>{escape(text)}</td></tr>"
        for name, kind, need, text in rows
    )
    return f'<h3>{escape(heading)}</h3><div class="scroll"><table>{cells}</table></div>'
