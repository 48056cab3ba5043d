"""The lean way to the booking route: what the opening minute cannot afford is left out.

FastAPI resolves a dozen dependencies for each request, which costs more than the booking itself. This route
class answers by the same handler and is described by the same signature, but hands what the handler asks for
over directly.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError

from lib_kernel import NotAllowed
from lib_web import HEADER, Caller, InternalTokenVerifier, keyed_request
from svc_booking.appointment.desk import Desk, DeskSupplies
from svc_booking.appointment.schemas import AppointmentCreate

SCOPES = ("citizen", "clerk")


class ExpressRoute(APIRoute):
    """A route whose handler takes `body`, `caller`, `desk` and `clock`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that answers a request."""
        handler: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint

        async def answer(request: Request) -> Response:
            state = request.app.state
            caller = _caller(state.verifier, request)
            body = _body(await request.body())
            key = request.headers.get("idempotency-key")
            keyed = await keyed_request(request, caller.subject, key) if key is not None else None
            desk = Desk(state.components[DeskSupplies], keyed)
            return await handler(body=body, caller=caller, desk=desk, clock=state.runtime.clock)

        return answer


def _caller(verifier: InternalTokenVerifier, request: Request) -> Caller:
    caller = verifier.verify(request.headers.get(HEADER))
    if caller.scopes.isdisjoint(SCOPES) and "admin" not in caller.roles:
        raise NotAllowed("您的身份不能使用此功能", needs=sorted(SCOPES))
    return caller


def _body(content: bytes) -> AppointmentCreate:
    try:
        return AppointmentCreate.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from None
