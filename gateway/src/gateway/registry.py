"""Partners, terminals and revoked tokens, held in memory by each replica and kept up by watching."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import structlog
from pydantic import ValidationError

from gateway.device.domain import Device
from gateway.device.store import DEVICE as A_DEVICE
from gateway.ledger import DEVICE, PARTNER, TOKENS, Deed, Ledger
from gateway.partner.domain import Partner, PartnerKey
from gateway.partner.store import PARTNER as A_PARTNER

log = structlog.get_logger(__name__)


class Registry:
    """Answers without asking anybody; a change reaches it within milliseconds."""

    def __init__(self, ledgers: Mapping[str, Ledger]) -> None:
        self._ledgers = ledgers
        self.partners: dict[str, Partner] = {}
        self.devices: dict[str, Device] = {}
        self.revoked: set[str] = set()
        self.is_loaded = asyncio.Event()
        self._partner_keys: dict[str, tuple[str, PartnerKey]] = {}
        self._device_keys: dict[str, str] = {}
        self._loaded: set[str] = set()
        self._listeners: list[Callable[[str], None]] = []

    def follow(self) -> list[Coroutine[Any, Any, None]]:
        """Return what follows the records until cancelled, each to be run as a task of its own."""
        keepers = {PARTNER: self._keep_partner, DEVICE: self._keep_device, TOKENS: self._keep_revoked}

        def loaded(kind: str) -> None:
            self._loaded.add(kind)
            if self._loaded >= keepers.keys():
                self.is_loaded.set()

        return [self._ledgers[kind].follow(keep, partial(loaded, kind)) for kind, keep in keepers.items()]

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

    def _keep_partner(self, code: str, value: bytes) -> None:
        old = self.partners.pop(code, None)
        for key in old.keys if old else ():
            self._partner_keys.pop(key.key_id, None)
        partner = _read(A_PARTNER, PARTNER, code, value)
        if partner is not None:
            self.partners[code] = partner
            self._partner_keys |= {key.key_id: (code, key) for key in partner.keys}
        for listener in self._listeners:
            listener(code)

    def _keep_device(self, code: str, value: bytes) -> None:
        old = self.devices.pop(code, None)
        if old:
            self._device_keys.pop(old.key_id, None)
        device = _read(A_DEVICE, DEVICE, code, value)
        if device is not None:
            self.devices[code] = device
            self._device_keys[device.key_id] = code

    def _keep_revoked(self, token_id: str, _value: bytes) -> None:
        self.revoked.add(token_id)


def _read(adapter: Any, kind: str, code: str, value: bytes) -> Any:
    """Return the record, None when a later release wrote what this one cannot read."""
    try:
        return adapter.validate_json(value)
    except ValidationError:
        log.error("registry.unreadable", kind=kind, key=code)
        return None


class RevokedTokens:
    """Access tokens refused before their end, by their `jti`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def revoke(self, token_id: str, *, by: str) -> None:
        """Refuse the token from now on, on every replica. Raises RegistryUnavailable."""
        await self._ledger.write(token_id, b"true", Deed("revoked", by))
