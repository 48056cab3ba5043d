"""Sessions over HTTP: a terminal or bank says whose ID card it read."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.callers import CallerDep
from gateway.identity import holder_of
from gateway.registry import Registry
from gateway.session.store import Sessions
from lib_kernel import Invalid, NotAllowed, is_citizen_id, person_id
from lib_web import Caller, CallerKind

ID_CARD = "111"


def _id_number(number: str) -> str:
    if not is_citizen_id(number.upper()):
        raise ValueError("身份证号码格式或校验位不正确")
    return number.upper()


IdNumber = Annotated[str, Field(max_length=18), AfterValidator(_id_number)]


class SessionCreate(BaseModel):
    """A customer at a terminal or bank, known by their ID card. `consent` is the bank's own reference."""

    model_config = ConfigDict(extra="forbid")

    id_type: str = Field(default=ID_CARD, pattern="^111$")
    id_number: IdNumber
    consent: str | None = Field(default=None, max_length=100)


class SessionOut(BaseModel):
    """Send `session` as X-Session. It ends after five minutes without a request, after thirty in any case."""

    session: str
    expires_at: datetime


def session_router(sessions: Sessions, registry: Registry, person_key: bytes) -> APIRouter:
    """Return the operations of sessions."""
    router = APIRouter(tags=["会话"])

    def person_of(caller: Caller, body: SessionCreate) -> str:
        partner = registry.partners.get(caller.partner or "")
        if partner is None or not partner.is_sandbox:
            return person_id(person_key, body.id_type, body.id_number)
        # In a sandbox every number is somebody else, who exists nowhere and is gone with the next reset.
        return person_id(
            person_key, f"sandbox:{partner.code}:{partner.generation}:{body.id_type}", body.id_number
        )

    @router.post("/v1/sessions", status_code=201)
    async def open_session(body: SessionCreate, caller: CallerDep) -> SessionOut:
        """Open a session for the customer (核验身份后开始办理). A terminal serves one customer at a time."""
        if caller.kind not in {CallerKind.DEVICE, CallerKind.PARTNER}:
            raise NotAllowed("请先结束当前会话")
        if caller.kind is CallerKind.PARTNER and not body.consent:
            raise Invalid("银行须提交客户授权编号 consent", field="consent")
        if caller.kind is CallerKind.DEVICE:
            await sessions.close_all(holder_of(caller))
        name, ends = await sessions.open(holder_of(caller), person_of(caller, body), body.consent)
        return SessionOut(session=name, expires_at=ends)

    @router.delete("/v1/sessions/current", status_code=204)
    async def close_session(request: Request, caller: CallerDep) -> Response:
        """End the session and wipe what was kept of it."""
        await sessions.close(holder_of(caller), request.headers.get("x-session", ""))
        return Response(status_code=204)

    return router
