"""The gateway's own operations: sessions, inbox, registry, composed screens, descriptions of the channels."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Depends, FastAPI, Request, Response
from nats.aio.client import Client
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.store import SESSION_SECONDS, RegisteredKey, Shared, register_key
from lib_gm import Sm2PublicKey
from lib_kernel import Invalid, NotAllowed, is_citizen_id, person_id
from lib_web import Caller, CallerKind, SisterClient, install_problems


def _id_number(number: str) -> str:
    if not is_citizen_id(number.upper()):
        raise ValueError("身份证号码格式或校验位不正确")
    return number.upper()


class SessionCreate(BaseModel):
    """A customer at a terminal or bank, known by their ID card. `consent` is the bank's own reference."""

    model_config = ConfigDict(extra="forbid")

    id_type: str = Field(default="111", pattern="^111$")
    id_number: Annotated[str, Field(max_length=18), AfterValidator(_id_number)]
    consent: str | None = Field(default=None, max_length=100)


class SessionOut(BaseModel):
    """Send `session` as X-Session. It ends after five minutes without a request."""

    session: str
    expires_at: datetime


class MessageOut(BaseModel):
    """A message to the citizen."""

    id: str
    at: datetime
    kind: str
    title: str
    text: str
    facts: dict[str, Any]


class Inbox(BaseModel):
    """The caller's messages, the latest first."""

    items: list[MessageOut]


class KeyCreate(BaseModel):
    """A public key of a partner or terminal. A key that is registered again is replaced."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Za-z_-]{2,60}$")
    key_id: str = Field(pattern=r"^[0-9A-Za-z_-]{2,60}$")
    algorithm: str = Field(pattern="^(ed25519|sm2-sm3)$")
    public_key: str = Field(max_length=1000, description="PEM")
    service_point: str | None = Field(default=None, max_length=40)


class TokenRevocation(BaseModel):
    """An access token's `jti`."""

    model_config = ConfigDict(extra="forbid")

    token_id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,100}$")


def caller_of(request: Request) -> Caller:
    """Return the caller whom the core authenticated."""
    return cast(Caller, request.state.caller)


CallerDep = Annotated[Caller, Depends(caller_of)]


def own_app(
    shared: Shared, client: Client, sisters: dict[str, SisterClient], person_key_file: Path
) -> FastAPI:
    """Return the application of the gateway's own operations."""
    app = FastAPI(title="网关", docs_url=None, redoc_url=None)
    install_problems(app)
    person_key = person_key_file.read_bytes().strip()

    @app.post("/v1/sessions", status_code=201)
    async def open_session(body: SessionCreate, caller: CallerDep) -> SessionOut:
        if caller.kind not in {CallerKind.DEVICE, CallerKind.PARTNER}:
            raise NotAllowed("请先结束当前会话")
        if caller.kind is CallerKind.PARTNER and not body.consent:
            raise Invalid("银行须提交客户授权编号 consent", field="consent")
        person = person_id(person_key, body.id_type, body.id_number)
        facts = {"holder": caller.subject, "person_id": person, "consent": body.consent}
        name = await shared.open_session(facts)
        return SessionOut(session=name, expires_at=datetime.now(UTC) + timedelta(seconds=SESSION_SECONDS))

    @app.delete("/v1/sessions/current", status_code=204)
    async def close_session(request: Request) -> Response:
        await shared.close_session(request.headers.get("x-session", ""))
        return Response(status_code=204)

    @app.get("/v1/inbox")
    async def read_inbox(caller: CallerDep) -> Inbox:
        messages = await shared.inbox(caller.person_id)
        return Inbox(items=[MessageOut.model_validate(message) for message in messages])

    @app.post("/v1/partners", status_code=201)
    async def register_partner(body: KeyCreate, caller: CallerDep) -> KeyCreate:
        return await _register(client, "partners", body, caller)

    @app.post("/v1/devices", status_code=201)
    async def register_device(body: KeyCreate, caller: CallerDep) -> KeyCreate:
        if body.service_point is None:
            raise Invalid("终端须登记所在网点 service_point", field="service_point")
        return await _register(client, "devices", body, caller)

    @app.post("/v1/revoked-tokens", status_code=201)
    async def revoke_token(body: TokenRevocation, caller: CallerDep) -> TokenRevocation:
        _check_admin(caller)
        await shared.revoke_token(body.token_id)
        return body

    return app


async def _register(client: Client, bucket: str, body: KeyCreate, caller: Caller) -> KeyCreate:
    _check_admin(caller)
    pem = body.public_key.encode()
    try:
        Sm2PublicKey.from_pem(pem) if body.algorithm == "sm2-sm3" else load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid("公钥不是可用的 PEM", field="public_key") from error
    key = RegisteredKey(body.code, body.algorithm, pem, body.service_point)
    await register_key(client, bucket, body.key_id, key)
    return body


def _check_admin(caller: Caller) -> None:
    if "admin" not in caller.roles:
        raise NotAllowed("仅系统管理员可以登记")
