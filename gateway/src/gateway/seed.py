"""Registers partners and terminals from a file: `python -m gateway.seed keys.json`. Safe to repeat.

The file is `[{"bucket": "partners" | "devices", "key_id": …, "owner": …, "algorithm": …, "public_pem": …,
"point": …, "name": …, "is_sandbox": …}]`, a line for each key; a partner that is registered keeps its terms.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from gateway.device.domain import Device
from gateway.device.store import Devices
from gateway.ledger import DEVICE, PARTNER, Ledger
from gateway.partner.domain import Contact, Partner, PartnerKey, PartnerUnknown
from gateway.partner.store import Partners
from lib_kernel import SystemClock
from lib_messaging import connect

BY = "seed"


async def seed(nats_url: str, records: list[dict[str, Any]]) -> None:
    """Register every key."""
    client = await connect(nats_url, name="gateway-seed")
    clock = SystemClock()
    partners = Partners(client, Ledger(client, clock, PARTNER))
    devices = Devices(client, Ledger(client, clock, DEVICE), clock)
    try:
        for record in records:
            if record["bucket"] == "devices":
                await devices.register(_device(record, clock), by=BY)
            else:
                await _seed_partner(partners, record, clock)
    finally:
        await client.close()


async def _seed_partner(partners: Partners, record: dict[str, Any], clock: SystemClock) -> None:
    now = clock.now()
    key = PartnerKey(record["key_id"], record["algorithm"], record["public_pem"], now)
    try:
        known, _ = await partners.get(record["owner"])
    except PartnerUnknown:
        name = record.get("name") or record["owner"]
        partner = Partner(record["owner"], name, Contact("", "", ""), now, keys=(key,))
        if record.get("is_sandbox"):
            partner = Partner(**{**vars(partner), "is_sandbox": True})
        await partners.create(partner, by=BY)
        return
    if key.key_id not in {found.key_id for found in known.keys}:
        await partners.change(
            known.code,
            lambda partner: partner.with_key(key, now),
            action="key added",
            by=BY,
            key_id=key.key_id,
        )


def _device(record: dict[str, Any], clock: SystemClock) -> Device:
    return Device(
        code=record["owner"],
        name=record.get("name") or record["owner"],
        service_point=record["point"],
        key_id=record["key_id"],
        algorithm=record["algorithm"],
        public_pem=record["public_pem"],
        registered_at=clock.now(),
    )


if __name__ == "__main__":
    content = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    asyncio.run(seed(os.environ["NATS_URL"], content))
