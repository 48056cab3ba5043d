"""The lean way to the busiest creating routes: what a rush cannot afford is left out.

FastAPI resolves a dozen dependencies for each request, which costs more than the work itself. A route of this
class answers by the same handler and is described by the same signature, but hands over directly what the
handler asks for.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from lib_kernel import DomainError
from lib_web._auth import admitting
from lib_web._idempotency import AnswerReplayed, KeyedRequest, keyed_request
from lib_web._tokens import HEADER


class ExpressRoute(APIRoute):
    """A route whose handler takes `body`, `caller` and what `supplies` gives, and returns the response.

    With `looks_late` a request answered before is noticed by its key when its answer is written, and looked
    for when it is refused; for commands that do nothing outside their transaction. Without it the handler
    looks.
    """

    scopes: ClassVar[tuple[str, ...]]
    model: ClassVar[type[BaseModel]]
    looks_late: ClassVar[bool] = False

    def supplies(self, request: Request, keyed: KeyedRequest | None) -> Mapping[str, Any]:
        """Return the handler's other arguments; `keyed` is the request under its Idempotency-Key."""
        return {}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that answers a request."""
        handler: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint
        admitted = admitting(*self.scopes)

        async def answer(request: Request) -> Response:
            caller = admitted(request.app.state.verifier.verify(request.headers.get(HEADER)))
            key = request.headers.get("idempotency-key")
            keyed = await keyed_request(request, caller.subject, key) if key is not None else None
            try:
                body = _body(self.model, await request.body())
                return await handler(body=body, caller=caller, **self.supplies(request, keyed))
            except (DomainError, RequestValidationError):
                if self.looks_late and keyed is not None:
                    await _stop_if_answered(keyed, request)
                raise

        return answer


def _body(model: type[BaseModel], content: bytes) -> BaseModel:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from None


async def _stop_if_answered(keyed: KeyedRequest, request: Request) -> None:
    found = await keyed.earlier(request.app.state.reading)
    if found is not None:
        raise AnswerReplayed(found)
