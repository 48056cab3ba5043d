"""The life of a terminal over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.attempts import FailedAttempts
from gateway.callers import Admin
from gateway.callers import Device as DeviceCaller
from gateway.device import receipt
from gateway.device.domain import Device, EnrolmentInvalid, Heartbeat, Status
from gateway.device.store import Devices
from gateway.keys import check_public_key, proves
from gateway.partner.schemas import AuditOut, Reason
from gateway.session.store import Sessions
from lib_kernel import Clock, Invalid
from lib_web import SisterClient

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{2,60}$")]
Id = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class EnrolmentCreate(BaseModel):
    """A terminal that shall be enrolled at a service point."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: str = Field(min_length=1, max_length=100)
    service_point: Code


class EnrolmentOut(BaseModel):
    """Type `enrolment_code` in at the terminal once; it is shown this one time."""

    code: str
    service_point: str
    enrolment_code: str
    expires_at: datetime


class EnrolmentUse(BaseModel):
    """A terminal's first words. `proof` (Base64) is its signature over the enrolment code as typed."""

    model_config = ConfigDict(extra="forbid")

    enrolment_code: str = Field(min_length=8, max_length=30)
    algorithm: str = Field(pattern="^(ed25519|sm2-sm3)$")
    public_key: str = Field(max_length=1000, description="PEM")
    proof: str = Field(max_length=400)


class EnrolledOut(BaseModel):
    """Sign with `key_id` from now on."""

    code: str
    key_id: str
    service_point: str


class HeartbeatCreate(BaseModel):
    """How the terminal is. Send it every minute."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(min_length=1, max_length=40)
    paper: str = Field(pattern="^(ok|low|out|jam|none)$")
    note: str = Field(default="", max_length=200)


class HeartbeatOut(BaseModel):
    """What a terminal said, and when."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    version: str
    paper: str
    note: str


class DeviceOut(BaseModel):
    """A terminal. `is_silent`: it has not been heard for three minutes."""

    code: str
    name: str
    service_point: str
    key_id: str
    algorithm: str
    status: Status
    reason: str
    registered_at: datetime
    is_silent: bool
    heartbeat: HeartbeatOut | None


class DevicesOut(BaseModel):
    """All terminals, by code."""

    items: list[DeviceOut]


def device_router(
    devices: Devices,
    sessions: Sessions,
    sisters: dict[str, SisterClient],
    attempts: FailedAttempts,
    clock: Clock,
) -> APIRouter:
    """Return the operations of terminals."""
    router = APIRouter(tags=["自助终端"])

    def out(device: Device, beat: Heartbeat | None) -> DeviceOut:
        shown = {name: value for name, value in vars(device).items() if name != "public_pem"}
        silent = beat is None or beat.is_silent(clock.now())
        heartbeat = HeartbeatOut.model_validate(beat) if beat else None
        return DeviceOut(**shown, is_silent=silent, heartbeat=heartbeat)

    @router.post("/v1/device-enrolments", status_code=201)
    async def offer_enrolment(body: EnrolmentCreate, caller: Admin) -> EnrolmentOut:
        """Make a one-time code for a terminal (终端登记码), good for a day."""
        secret, offered = await devices.offer(body.code, body.name, body.service_point, by=caller.subject)
        return EnrolmentOut(
            code=offered.code,
            service_point=offered.service_point,
            enrolment_code=secret,
            expires_at=offered.expires_at,
        )

    @router.post("/v1/device-enrolments/use", status_code=201)
    async def use_enrolment(body: EnrolmentUse, request: Request) -> EnrolledOut:
        """Register the terminal's public key with a one-time code (终端登记)."""
        address = request.scope["gateway_peer"]
        attempts.check(address)
        pem = check_public_key(body.algorithm, body.public_key)
        if not proves(body.algorithm, pem, body.proof, body.enrolment_code.encode()):
            raise Invalid("proof 不是该密钥对登记码的签名", field="proof")
        try:
            device = await devices.enrol(body.enrolment_code, body.algorithm, pem)
        except EnrolmentInvalid as error:
            attempts.note(address, "kiosk", error.code)
            raise
        return EnrolledOut(code=device.code, key_id=device.key_id, service_point=device.service_point)

    @router.get("/v1/devices")
    async def list_devices(caller: Admin) -> DevicesOut:
        """List all terminals with their last sign of life."""
        return DevicesOut(items=[out(device, beat) for device, beat in await devices.all()])

    @router.get("/v1/devices/{code}")
    async def read_device(code: str, caller: Admin) -> DeviceOut:
        """Show a terminal."""
        device, _ = await devices.get(code)
        return out(device, await devices.heartbeat_of(code))

    @router.post("/v1/devices/{code}/disablement")
    async def disable(code: str, body: Reason, caller: Admin) -> DeviceOut:
        """Shut a terminal out on every replica and end its customer's session (远程停用)."""
        device = await devices.change(
            code,
            lambda found: found.disabled(body.reason),
            action="disabled",
            by=caller.subject,
            reason=body.reason,
        )
        await sessions.close_all(f"kiosk-{code}")
        return out(device, await devices.heartbeat_of(code))

    @router.post("/v1/devices/{code}/enablement")
    async def enable(code: str, body: Reason, caller: Admin) -> DeviceOut:
        """Let a terminal in again."""
        device = await devices.change(
            code, Device.enabled, action="enabled", by=caller.subject, reason=body.reason
        )
        return out(device, await devices.heartbeat_of(code))

    @router.get("/v1/devices/{code}/audit")
    async def read_audit(code: str, caller: Admin) -> AuditOut:
        """Show who changed the terminal."""
        return AuditOut.model_validate({"items": await devices.history(code)})

    @router.post("/v1/heartbeat")
    async def beat(body: HeartbeatCreate, caller: DeviceCaller) -> HeartbeatOut:
        """Say that the terminal is alive, which version it runs and whether it has paper (心跳)."""
        found = Heartbeat(clock.now(), body.version, body.paper, body.note)
        await devices.beat(caller.device or "", found)
        return HeartbeatOut.model_validate(found)

    @router.get("/v1/receipts/tickets/{id}")
    async def print_ticket(id: Id, caller: DeviceCaller) -> receipt.Receipt:
        """Return what to print for a queue number (打印排队号)."""
        ticket: dict[str, Any] = await sisters["booking"].get(f"/v1/tickets/{id}", on_behalf_of=caller)
        return receipt.of_ticket(ticket, clock.now())

    @router.get("/v1/receipts/applications/{id}")
    async def print_application(id: Id, caller: DeviceCaller) -> receipt.Receipt:
        """Return what to print for an application (打印办件回执)."""
        found: dict[str, Any] = await sisters["catalog"].get(f"/v1/applications/{id}", on_behalf_of=caller)
        return receipt.of_application(found, clock.now())

    return router
