"""The partners' records: one for each, replaced only by who read the one before."""

import json
from collections.abc import Callable
from typing import Any

from nats.aio.client import Client
from pydantic import TypeAdapter

from gateway.ledger import NONE_BEFORE, Deed, Ledger
from gateway.partner.domain import KeyTaken, Partner, PartnerExists, PartnerKey, PartnerUnknown
from gateway.store import CAS_ATTEMPTS, Bucket, RegistryUnavailable
from lib_kernel import StaleVersion

PARTNER = TypeAdapter(Partner)


class Partners:
    """Creates, reads and changes partners; each change is an audit record, and there is none without."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._ledger = ledger
        self._key_ids = Bucket(client, "partner-key-id")

    async def create(self, partner: Partner, *, by: str) -> Partner:
        """Register a partner. Raises PartnerExists, KeyTaken."""
        if await self._ledger.get(partner.code) is not None:
            raise PartnerExists(partner=partner.code)
        for key in partner.keys:
            await self._claim(key, partner.code)
        deed = Deed("registered", by, {"keys": [key.key_id for key in partner.keys]})
        content = PARTNER.dump_json(partner)
        if await self._ledger.write(partner.code, content, deed, after=NONE_BEFORE) is None:
            raise PartnerExists(partner=partner.code)
        return partner

    async def get(self, code: str) -> tuple[Partner, int]:
        """Return a partner with its revision. Raises PartnerUnknown."""
        entry = await self._ledger.get(code)
        if entry is None:
            raise PartnerUnknown(partner=code)
        return PARTNER.validate_json(entry.value), entry.revision

    async def all(self) -> list[Partner]:
        """Return every partner, by code."""
        return [PARTNER.validate_json(value) for value in (await self._ledger.values()).values()]

    async def change(
        self,
        code: str,
        edit: Callable[[Partner], Partner],
        *,
        action: str,
        by: str,
        revision: int | None = None,
        **facts: object,
    ) -> tuple[Partner, int]:
        """Replace a partner by what `edit` makes of it; return it with its new revision.

        With `revision` (If-Match) a change in between is refused, without it `edit` is applied to the latest.

        Raises:
            PartnerUnknown, StaleVersion, RegistryUnavailable, and what `edit` raises.
        """
        for _ in range(CAS_ATTEMPTS):
            partner, current = await self.get(code)
            if revision is not None and revision != current:
                raise StaleVersion
            changed = edit(partner)
            if changed == partner:
                return partner, current
            for key in changed.keys:
                if key.key_id not in {known.key_id for known in partner.keys}:
                    await self._claim(key, code)
            deed = Deed(action, by, facts)
            written = await self._ledger.write(code, PARTNER.dump_json(changed), deed, after=current)
            if written is not None:
                return changed, written
        raise RegistryUnavailable

    async def note(self, code: str, action: str, *, by: str, **facts: object) -> None:
        """Note what is about to be done for a partner; if that fails it must not be done."""
        await self._ledger.note(code, Deed(action, by, facts))

    async def history(self, code: str) -> list[dict[str, Any]]:
        """Return who changed a partner, the oldest first. Raises PartnerUnknown."""
        await self.get(code)
        return await self._ledger.history(code)

    async def _claim(self, key: PartnerKey, code: str) -> None:
        """Make a key id this partner's for ever: a retired id never comes back as somebody else's."""
        mark = json.dumps({"partner": code}).encode()
        if await self._key_ids.create(key.key_id, mark):
            return
        known = await self._key_ids.get(key.key_id)
        if known is None or json.loads(known.value)["partner"] != code:
            raise KeyTaken(key_id=key.key_id)
