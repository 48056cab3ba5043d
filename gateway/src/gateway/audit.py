"""Who changed partners and terminals (审计记录): appended to a stream that lets nothing be deleted."""

import json
from datetime import datetime
from typing import Any

from nats.aio.client import Client

from gateway.store import messages_after, open_stream
from lib_kernel import Clock

STREAM = "GATEWAY_AUDIT"
DAYS_KEPT = 3650.0


class Audit:
    """Appends and reads records; `kind` is `partner` or `device`."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._is_open = False

    async def note(self, kind: str, code: str, action: str, by: str, **facts: Any) -> None:
        """Append that `by` did `action`."""
        await self._open()
        record = {"at": self._clock.now().isoformat(), "by": by, "action": action, "facts": facts}
        await self._client.jetstream().publish(
            f"gateway-audit.{kind}.{code}", json.dumps(record, ensure_ascii=False, default=str).encode()
        )

    async def of(self, kind: str, code: str) -> list[dict[str, Any]]:
        """Return the records of a partner or terminal, the oldest first."""
        await self._open()
        found = []
        async for message in messages_after(self._client, STREAM, f"gateway-audit.{kind}.{code}"):
            record = json.loads(message.data or b"{}")
            found.append({**record, "at": datetime.fromisoformat(record["at"]), "number": message.seq})
        return found

    async def _open(self) -> None:
        if not self._is_open:
            await open_stream(self._client, STREAM, "gateway-audit.>", days=DAYS_KEPT, is_record=True)
            self._is_open = True
