"""Partners, terminals and revoked tokens, held in memory by each replica and kept up by watching."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog
from nats.aio.client import Client
from pydantic import ValidationError

from gateway.device.domain import Device
from gateway.device.store import BUCKET as DEVICES
from gateway.device.store import DEVICE
from gateway.partner.domain import Partner, PartnerKey
from gateway.partner.store import BUCKET as PARTNERS
from gateway.partner.store import PARTNER
from gateway.store import Bucket, follow

log = structlog.get_logger(__name__)

REVOKED = "revoked"


class Registry:
    """Answers without asking anybody; a change reaches it within milliseconds."""

    def __init__(self) -> None:
        self.partners: dict[str, Partner] = {}
        self.devices: dict[str, Device] = {}
        self.revoked: set[str] = set()
        self.is_loaded = asyncio.Event()
        self._partner_keys: dict[str, tuple[str, PartnerKey]] = {}
        self._device_keys: dict[str, str] = {}
        self._loaded: set[str] = set()
        self._listeners: list[Callable[[str], None]] = []

    def follow(self, client: Client) -> list[Coroutine[Any, Any, None]]:
        """Return what follows the buckets until cancelled, each to be run as a task of its own."""
        keepers: dict[str, Callable[[str, bytes | None], None]] = {
            PARTNERS: self._keep_partner,
            DEVICES: self._keep_device,
            REVOKED: self._keep_revoked,
        }
        waiting = set(keepers)

        def loaded(name: str) -> None:
            self._loaded.add(name)
            if self._loaded >= waiting:
                self.is_loaded.set()

        return [follow(client, name, keep, partial(loaded, name)) for name, keep in keepers.items()]

    def when_partner_changes(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the partner's code after each change."""
        self._listeners.append(listener)

    def partner_key(self, key_id: str) -> tuple[Partner, PartnerKey] | None:
        """Return a partner by one of its keys."""
        code, key = self._partner_keys.get(key_id, ("", None))
        return (self.partners[code], key) if key else None

    def device_by_key(self, key_id: str) -> Device | None:
        """Return a terminal by its key."""
        return self.devices.get(self._device_keys.get(key_id, ""))

    def _keep_partner(self, code: str, value: bytes | None) -> None:
        old = self.partners.pop(code, None)
        for key in old.keys if old else ():
            self._partner_keys.pop(key.key_id, None)
        partner = _read(PARTNER, PARTNERS, code, value)
        if partner is not None:
            self.partners[code] = partner
            self._partner_keys |= {key.key_id: (code, key) for key in partner.keys}
        for listener in self._listeners:
            listener(code)

    def _keep_device(self, code: str, value: bytes | None) -> None:
        old = self.devices.pop(code, None)
        if old:
            self._device_keys.pop(old.key_id, None)
        device = _read(DEVICE, DEVICES, code, value)
        if device is not None:
            self.devices[code] = device
            self._device_keys[device.key_id] = code

    def _keep_revoked(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.revoked.discard(key)
        else:
            self.revoked.add(key)


def _read(adapter: Any, bucket: str, code: str, value: bytes | None) -> Any:
    """Return the record, None where there is none or a later release wrote what this one cannot read."""
    if value is None:
        return None
    try:
        return adapter.validate_json(value)
    except ValidationError:
        log.error("registry.unreadable", bucket=bucket, key=code)
        return None


class RevokedTokens:
    """Access tokens refused before their end, by their `jti`."""

    def __init__(self, client: Client) -> None:
        self._bucket = Bucket(client, REVOKED)

    async def revoke(self, token_id: str) -> None:
        """Refuse the token from now on, on every replica."""
        await self._bucket.put(token_id, b"1")
