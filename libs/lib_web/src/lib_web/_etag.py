"""Strong entity tags: answers that did not change are not sent again."""

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel


def etag_of(body: bytes) -> str:
    """Return the strong tag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tagged(request: Request, answer: BaseModel, *, max_age: int = 0) -> Response:
    """Return the answer with its tag, or 304 when the client has it already.

    `max_age` are the seconds a cache may serve it without asking.
    """
    body = answer.__pydantic_serializer__.to_json(answer)
    return tagged_body(request, body, etag_of(body), max_age=max_age)


def tagged_body(request: Request, body: bytes, tag: str, *, max_age: int = 0) -> Response:
    """Return JSON that was written out before in the same way."""
    headers = {"etag": tag, "cache-control": f"max-age={max_age}" if max_age else "no-cache"}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def matches(header: str | None, tag: str) -> bool:
    """Return whether an If-None-Match header names the tag (weak comparison, RFC 9110 §13.1.2)."""
    if header is None:
        return False
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or tag in named
