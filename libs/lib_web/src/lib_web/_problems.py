"""Errors as RFC 9457 problem bodies, Chinese first, with a stable `type`.

Neither the text of an unforeseen exception nor the rejected input goes into an answer.
"""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from asyncpg import PostgresError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from lib_kernel import (
    Conflict,
    DomainError,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    StaleVersion,
    TooMany,
    Unavailable,
)
from lib_web._validation_texts import explain

MEDIA_TYPE = "application/problem+json"

FAMILIES: tuple[tuple[type[DomainError], int], ...] = (
    (NotAuthenticated, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (StaleVersion, 412),
    (Conflict, 409),
    (Invalid, 422),
    (TooMany, 429),
    (Unavailable, 503),
)

HTTP_TITLES = {
    400: ("bad-request", "请求格式不正确"),
    404: ("no-such-path", "没有这个地址"),
    405: ("method-not-allowed", "此地址不支持该方法"),
    413: ("body-too-large", "提交的内容过大"),
    415: ("unsupported-media-type", "请以 application/json 提交"),
}

RETRY_AFTER = {429: 60, 503: 5}  # Seconds, for errors that do not know better.

# character_not_in_repertoire, untranslatable_character
UNSTORABLE = frozenset({"22021", "22P05"})
SORRY = "系统内部错误，已记录，请稍后再试"


class FieldError(BaseModel):
    """One thing wrong with one field; `field` is its path in the request."""

    model_config = ConfigDict(extra="forbid")

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details. More members may follow, as each error documents."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] | None = None


def status_of(error: DomainError | type[DomainError]) -> int:
    """Return the HTTP status of an error's family."""
    kind = error if isinstance(error, type) else type(error)
    return next((status for family, status in FAMILIES if issubclass(kind, family)), 400)


def problem_body(
    code: str, title: str, status: int, detail: str, members: Mapping[str, Any] | None = None
) -> bytes:
    """Return the JSON of a problem; the request id is taken from the log context."""
    body = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail}
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        body["request_id"] = request_id
    # The five standard members are ours to say; facts of an error only add to them.
    return orjson.dumps({**(members or {}), **body}, default=str)


def problem_of(error: DomainError, status: int | None = None) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers that tell a domain error; `status` when it is not its family's.

    An error that knows when asking again makes sense says so in its fact `retry_after`, in whole seconds.
    """
    status = status or status_of(error)
    headers = {}
    if status in RETRY_AFTER:
        headers["retry-after"] = str(error.facts.get("retry_after", RETRY_AFTER[status]))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return status, problem_body(error.code, error.title, status, error.detail, error.facts), headers


def problem_response(
    code: str, title: str, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """Return a problem as a response."""
    body = problem_body(code, title, status, detail, members)
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def problems(*errors: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route for the errors it may answer with."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = found.setdefault(
            status_of(error), {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": ""}
        )
        entry["description"] = "；".join(
            filter(None, [entry["description"], f"`{error.code}` {error.title}"])
        )
    return found


def install_problems(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _unstorable)
    app.add_exception_handler(PostgresError, _unstorable)
    app.add_exception_handler(Exception, _unforeseen)


async def _domain(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class only
    status, body, headers = problem_of(error)
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    fields = [
        FieldError(field=_path(found["loc"]), message=explain(found)).model_dump() for found in error.errors()
    ]
    named = "；".join(f"{field['field']}：{field['message']}" for field in fields[:5])
    return problem_response("malformed", "提交的内容有误", 422, named, errors=fields)


def _path(location: tuple[int | str, ...]) -> str:
    parts = list(location)
    if parts and parts[0] in {"body", "query", "path", "header", "cookie"}:
        parts = parts[1:] or parts
    return ".".join(str(part) for part in parts)


async def _unstorable(_request: Request, error: Exception) -> Response:
    """A text with the character NUL, which JSON can carry and PostgreSQL cannot keep, is a bad request."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if getattr(cause, "sqlstate", None) not in UNSTORABLE:
        raise error
    text = "文本含有不能保存的字符（NUL），请删去"
    return problem_response("malformed", "提交的内容有误", 422, text)


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    return problem_response("internal-error", SORRY, 500, SORRY)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    code, title = HTTP_TITLES.get(error.status_code, ("http-error", "请求未能完成"))
    return problem_response(code, title, error.status_code, title, error.headers)
