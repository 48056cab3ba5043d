"""Registers keys of partners and terminals from a file: `python -m gateway.seed keys.json`. Safe to repeat.

The file is `[{"bucket": "partners" | "devices", "key_id": …, "owner": …, "algorithm": …, "public_pem": …,
"point": …}]`.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from gateway.store import RegisteredKey, register_key
from lib_messaging import connect


async def seed(nats_url: str, records: list[dict[str, Any]]) -> None:
    """Register every key."""
    client = await connect(nats_url, name="gateway-seed")
    try:
        for record in records:
            key = RegisteredKey(
                record["owner"], record["algorithm"], record["public_pem"].encode(), record.get("point")
            )
            await register_key(client, record["bucket"], record["key_id"], key)
    finally:
        await client.close()


if __name__ == "__main__":
    content = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    asyncio.run(seed(os.environ["NATS_URL"], content))
