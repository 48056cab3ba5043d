"""The partners' records: one value for each, replaced only by who read the one before."""

import json
from collections.abc import Callable

from nats.aio.client import Client
from pydantic import TypeAdapter

from gateway.audit import Audit
from gateway.partner.domain import KeyTaken, Partner, PartnerExists, PartnerKey, PartnerUnknown
from gateway.store import CAS_ATTEMPTS, Bucket, RegistryUnavailable
from lib_kernel import StaleVersion

BUCKET = "partner"
PARTNER = TypeAdapter(Partner)


class Partners:
    """Creates, reads and changes partners; each change is an audit record."""

    def __init__(self, client: Client, audit: Audit) -> None:
        self._bucket = Bucket(client, BUCKET)
        self._key_ids = Bucket(client, "partner-key-id")
        self._audit = audit

    async def create(self, partner: Partner, *, by: str) -> Partner:
        """Register a partner. Raises PartnerExists, KeyTaken."""
        if await self._bucket.get(partner.code) is not None:
            raise PartnerExists(partner=partner.code)
        for key in partner.keys:
            await self._claim(key, partner.code)
        if not await self._bucket.create(partner.code, PARTNER.dump_json(partner)):
            raise PartnerExists(partner=partner.code)
        await self._audit.note(
            "partner", partner.code, "registered", by, keys=[k.key_id for k in partner.keys]
        )
        return partner

    async def get(self, code: str) -> tuple[Partner, int]:
        """Return a partner with its revision. Raises PartnerUnknown."""
        entry = await self._bucket.get(code)
        if entry is None:
            raise PartnerUnknown(partner=code)
        return PARTNER.validate_json(entry.value), entry.revision

    async def all(self) -> list[Partner]:
        """Return every partner, by code."""
        return [PARTNER.validate_json(value) for value in (await self._bucket.values()).values()]

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
            PartnerUnknown, StaleVersion, and what `edit` raises.
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
            written = await self._bucket.replace(code, PARTNER.dump_json(changed), current)
            if written is not None:
                await self._audit.note("partner", code, action, by, **facts)
                return changed, written
        raise RegistryUnavailable

    async def _claim(self, key: PartnerKey, code: str) -> None:
        """Make a key id this partner's for ever: a retired id never comes back as somebody else's."""
        mark = json.dumps({"partner": code}).encode()
        if await self._key_ids.create(key.key_id, mark):
            return
        known = await self._key_ids.get(key.key_id)
        if known is None or json.loads(known.value)["partner"] != code:
            raise KeyTaken(key_id=key.key_id)
