"""Idempotency-Key: a creating request sent twice has one effect and gets one answer.

Key, hash of the request and the answer are written in the command's own transaction, so a failed command
leaves no key and may be sent again.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from pydantic import BaseModel

from lib_db import AnswerRecorder, KeptAnswer, KeptAnswers, KeyedRow, Sessions
from lib_kernel import DomainError
from lib_web._auth import AnyCaller
from lib_web._problems import MEDIA_TYPE, problem_of

REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"^[\x21-\x7e]{8,128}$")


class KeyReused(DomainError):
    """The key was used before with another request (400)."""

    code = "idempotency-key-reused"
    title = "该 Idempotency-Key 已用于另一请求，请换一个新的键"


class KeyMalformed(DomainError):
    """The key is too short, too long or has characters outside ASCII (400)."""

    code = "idempotency-key-malformed"
    title = "Idempotency-Key 须为 8 至 128 个可见 ASCII 字符"


class AnswerReplayed(Exception):
    """The request was answered before; the first answer is sent again."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.answer = answer


class RepeatedRequest(Exception):
    """The same request, sent at the same time, committed first."""

    def __init__(self, request: "KeyedRequest") -> None:
        super().__init__()
        self.request = request


@dataclass(frozen=True)
class KeyedRequest:
    """A request with a key: `scope` is who asked for which operation."""

    answers: KeptAnswers
    scope: str
    key: str
    request_hash: bytes

    async def earlier(self, sessions: Sessions) -> KeptAnswer | None:
        """Return the answer given before, if the request was the same.

        Raises:
            KeyReused: it was another request.
        """
        async with sessions() as session:
            found = await self.answers.find(session, self.scope, self.key)
        if found is not None and found.request_hash != self.request_hash:
            raise KeyReused
        return found


class Recorder:
    """Writes the answer as `model` into the command's transaction; `body` is what was written."""

    def __init__(self, request: KeyedRequest, model: type[BaseModel], status: int) -> None:
        self.request = request
        self.body: bytes | None = None
        self._model = model
        self._status = status

    def kept(self, answer: object) -> KeptAnswer:
        """Return the answer as it will be kept."""
        body = self._model.model_validate(answer, from_attributes=True).model_dump_json().encode()
        return KeptAnswer(self.request.request_hash, self._status, body)

    def row(self, answer: object) -> KeyedRow:
        """Return the row of `answer`."""
        kept = self.kept(answer)
        self.body = kept.body
        return self.request.answers.row(self.request.scope, self.request.key, kept)

    def taken(self) -> Exception:
        """Return that the same key was committed by a concurrent request."""
        return RepeatedRequest(self.request)


async def presented_key(
    request: Request,
    caller: AnyCaller,
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="同一请求重发时保持不变")] = None,
) -> KeyedRequest | None:
    """Return the request under its key when the client sent one (a dependency)."""
    return await keyed_request(request, caller.subject, key) if key is not None else None


Keyed = Annotated[KeyedRequest | None, Depends(presented_key)]


def idempotent(model: type[BaseModel], status: int = 201) -> Callable[..., Any]:
    """Return the dependency of a creating route: a recorder when the client sent a key, else None.

    A request answered before does not reach the handler. `model` is the route's response model.
    """

    async def dependency(request: Request, keyed: Keyed) -> AnswerRecorder | None:
        if keyed is None:
            return None
        found = await keyed.earlier(request.app.state.reading)
        if found is not None:
            raise AnswerReplayed(found)
        return Recorder(keyed, model, status)

    return dependency


async def keyed_request(request: Request, subject: str, key: str) -> KeyedRequest:
    """Return the request with its key and hash.

    Raises:
        KeyMalformed: the key is not usable.
    """
    plain = key.strip().strip('"')
    if not KEY.match(plain):
        raise KeyMalformed
    digest = hashlib.sha256(request.url.query.encode() + b"\0" + await request.body()).digest()
    scope = f"{subject}|{request.method}|{request.url.path}"
    return KeyedRequest(request.app.state.answers, scope, plain, digest)


def install_idempotency(app: FastAPI) -> None:
    """Make the application send kept answers again."""

    async def replay(_request: Request, error: Exception) -> Response:
        assert isinstance(error, AnswerReplayed)  # noqa: S101 - registered for this class only
        return _again(error.answer)

    async def lost_race(request: Request, error: Exception) -> Response:
        assert isinstance(error, RepeatedRequest)  # noqa: S101 - registered for this class only
        try:
            found = await error.request.earlier(request.app.state.reading)
        except KeyReused as reused:
            status, body, headers = problem_of(reused)
            return Response(body, status, headers=headers, media_type=MEDIA_TYPE)
        if found is None:
            raise RuntimeError("the answer of a committed key is missing")
        return _again(found)

    app.add_exception_handler(AnswerReplayed, replay)
    app.add_exception_handler(RepeatedRequest, lost_race)


def _again(answer: KeptAnswer) -> Response:
    return Response(answer.body, answer.status, headers={REPLAYED: "true"}, media_type="application/json")
