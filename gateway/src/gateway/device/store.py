"""The terminals' records, one-time codes and last signs of life."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from nats.aio.client import Client
from pydantic import TypeAdapter

from gateway.device.domain import (
    ENROLMENT_HOLDS,
    Device,
    DeviceActive,
    DeviceUnknown,
    Enrolment,
    EnrolmentInvalid,
    Heartbeat,
)
from gateway.ledger import Deed, Ledger
from gateway.store import CAS_ATTEMPTS, DAY, Bucket, RegistryUnavailable
from lib_kernel import Clock

DEVICE = TypeAdapter(Device)
ENROLMENT = TypeAdapter(Enrolment)
HEARTBEAT = TypeAdapter(Heartbeat)
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # Nobody mistakes one of these for another.
CODE_LENGTH = 12


class Devices:
    """Creates, reads and changes terminals; each change is an audit record, and there is none without."""

    def __init__(self, client: Client, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._enrolments = Bucket(client, "device-enrolment", ENROLMENT_HOLDS.total_seconds())
        self._heartbeats = Bucket(client, "device-heartbeat", 30 * DAY)
        self._clock = clock

    async def get(self, code: str) -> tuple[Device, int]:
        """Return a terminal with its revision. Raises DeviceUnknown."""
        entry = await self._ledger.get(code)
        if entry is None:
            raise DeviceUnknown(device=code)
        return DEVICE.validate_json(entry.value), entry.revision

    async def all(self) -> list[tuple[Device, Heartbeat | None]]:
        """Return every terminal with its last sign of life, by code."""
        beats = {
            key: HEARTBEAT.validate_json(value) for key, value in (await self._heartbeats.values()).items()
        }
        devices = [DEVICE.validate_json(value) for value in (await self._ledger.values()).values()]
        return [(device, beats.get(device.code)) for device in devices]

    async def history(self, code: str) -> list[dict[str, Any]]:
        """Return who changed a terminal, the oldest first. Raises DeviceUnknown."""
        await self.get(code)
        return await self._ledger.history(code)

    async def heartbeat_of(self, code: str) -> Heartbeat | None:
        """Return what the terminal last said."""
        entry = await self._heartbeats.get(code)
        return HEARTBEAT.validate_json(entry.value) if entry else None

    async def beat(self, code: str, heartbeat: Heartbeat) -> None:
        """Note a sign of life."""
        await self._heartbeats.put(code, HEARTBEAT.dump_json(heartbeat))

    async def register(self, device: Device, *, by: str) -> None:
        """Write a terminal whatever was there: for the seed, and for those who enrol it."""
        facts = {"service_point": device.service_point, "key_id": device.key_id}
        await self._ledger.write(device.code, DEVICE.dump_json(device), Deed("registered", by, facts))

    async def change(
        self, code: str, edit: Callable[[Device], Device], *, action: str, by: str, **facts: object
    ) -> Device:
        """Replace a terminal by what `edit` makes of it. Raises DeviceUnknown, and what `edit` raises."""
        for _ in range(CAS_ATTEMPTS):
            device, revision = await self.get(code)
            changed = edit(device)
            deed = Deed(action, by, facts)
            if await self._ledger.write(code, DEVICE.dump_json(changed), deed, after=revision) is not None:
                return changed
        raise RegistryUnavailable

    async def offer(self, code: str, name: str, service_point: str, *, by: str) -> tuple[str, Enrolment]:
        """Return a one-time code with which this terminal may register its key. Raises DeviceActive."""
        entry = await self._ledger.get(code)
        if entry is not None and not DEVICE.validate_json(entry.value).is_disabled:
            raise DeviceActive(device=code)
        secret = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        enrolment = Enrolment(code, name, service_point, self._clock.now() + ENROLMENT_HOLDS)
        await self._ledger.note(code, Deed("enrolment offered", by, {"service_point": service_point}))
        await self._enrolments.put(_key(secret), ENROLMENT.dump_json(enrolment))
        return secret, enrolment

    async def enrol(self, secret: str, algorithm: str, public_pem: str) -> Device:
        """Use a one-time code; return the terminal with its key. Raises EnrolmentInvalid."""
        entry = await self._enrolments.get(_key(secret))
        if entry is None:
            raise EnrolmentInvalid
        enrolment = ENROLMENT.validate_json(entry.value)
        # Of several who come with the same code only one removes it.
        is_mine = await self._enrolments.remove(_key(secret), entry.revision)
        if not is_mine or enrolment.expires_at <= self._clock.now():
            raise EnrolmentInvalid
        device = Device(
            code=enrolment.code,
            name=enrolment.name,
            service_point=enrolment.service_point,
            key_id=enrolment.code,
            algorithm=algorithm,
            public_pem=public_pem,
            registered_at=self._clock.now(),
        )
        await self.register(device, by=f"device:{device.code}")
        return device


def _key(secret: str) -> str:
    """Return the code's key: the bucket holds no code that could be used."""
    return hashlib.sha256(secret.strip().upper().replace("-", "").encode()).hexdigest()
