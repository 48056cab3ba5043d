"""The daily reconciliation file (对账文件): the events a partner should have, digested and signed."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nats.aio.client import Client
from nats.js.errors import BucketNotFoundError, ObjectDeletedError, ObjectNotFoundError
from nats.js.object_store import ObjectStore

from gateway.partner_event.log import EventLog
from gateway.registry import Registry
from gateway.store import DAY, Bucket
from lib_gm import Sm2PrivateKey
from lib_kernel import CITY_ZONE, Clock, NotFound
from lib_partner import SigningKey

STORE = "reconciliation"
KEPT = 400 * DAY
AFTER_MIDNIGHT = timedelta(minutes=10)  # Events of the last minute are on their way.


class NoReconciliation(NotFound):
    """There is no file for this day: it is not over, too long ago, or before the partner's first."""

    code = "reconciliation-missing"
    title = "该日没有对账文件"


@dataclass(frozen=True)
class Manifest:
    """What a file holds. `signature` is over `digest`, the SHA-256 of the file in hex, by the key named."""

    partner: str
    day: date
    events: int
    digest: str
    key_id: str
    algorithm: str
    signature: str


class Reconciliation:
    """Makes the files of a day that is over, and hands them out."""

    def __init__(self, client: Client, events: EventLog, clock: Clock) -> None:
        self._client = client
        self._events = events
        self._clock = clock
        self._manifests = Bucket(client, "reconciliation-manifest", KEPT)

    async def run(self, registry: Registry, keys: dict[str, SigningKey]) -> int:
        """Make the missing files of yesterday; return how many were made."""
        await registry.is_loaded.wait()
        now = self._clock.now().astimezone(CITY_ZONE)
        day = (now - AFTER_MIDNIGHT).date() - timedelta(days=1)
        made = 0
        for code, partner in list(registry.partners.items()):
            if partner.registered_at.astimezone(CITY_ZONE).date() <= day:
                algorithm = partner.webhook.algorithm if partner.webhook else "ed25519"
                key = keys.get(algorithm) or next(iter(keys.values()), None)
                if key is not None and await self.make(code, day, key):
                    made += 1
        return made

    async def make(self, partner: str, day: date, key: SigningKey) -> bool:
        """Make the file of a day unless it is there; return whether it was made."""
        name = f"{partner}.{day:%Y%m%d}"
        if await self._manifests.get(name) is not None:
            return False
        lines = [line async for line in self._lines(partner, day)]
        content = b"".join(lines)
        digest = hashlib.sha256(content).hexdigest()
        await (await self._store()).put(name, content)
        manifest = {
            "partner": partner,
            "day": day.isoformat(),
            "events": len(lines),
            "digest": digest,
            "key_id": key.key_id,
            "algorithm": key.algorithm,
            "signature": base64.b64encode(_sign(key, digest.encode())).decode(),
        }
        # The manifest comes last: a file without one is made again.
        return await self._manifests.create(name, json.dumps(manifest).encode())

    async def all(self, partner: str) -> list[Manifest]:
        """Return a partner's files, the latest first."""
        found = await self._manifests.values(f"{partner}.*")
        return [_manifest(found[key]) for key in sorted(found, reverse=True)]

    async def read(self, partner: str, day: date) -> tuple[Manifest, bytes]:
        """Return a file with its manifest. Raises NoReconciliation."""
        name = f"{partner}.{day:%Y%m%d}"
        entry = await self._manifests.get(name)
        if entry is None:
            raise NoReconciliation(day=day.isoformat())
        try:
            found = await (await self._store()).get(name)
        except (ObjectNotFoundError, ObjectDeletedError) as error:
            raise NoReconciliation(day=day.isoformat()) from error
        return _manifest(entry.value), found.data or b""

    async def _lines(self, partner: str, day: date) -> AsyncGenerator[bytes]:
        """Yield a line for each event that happened on the day in the city."""
        begin = datetime.combine(day, time(), CITY_ZONE).astimezone(UTC)
        end = begin + timedelta(days=1)
        async for event in self._events.read(partner, 0):
            told = event.told
            if begin <= datetime.fromisoformat(told["time"]) < end:
                line = {
                    "id": told["id"],
                    "type": told["type"],
                    "subject": told["subject"],
                    "time": told["time"],
                    "sequence": event.position,
                    "digest": hashlib.sha256(event.body).hexdigest(),
                }
                yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    async def _store(self) -> ObjectStore:
        js = self._client.jetstream()
        try:
            return await js.object_store(STORE)
        except BucketNotFoundError:
            return await js.create_object_store(STORE)


def _sign(key: SigningKey, message: bytes) -> bytes:
    if key.algorithm == "sm2-sm3":
        return Sm2PrivateKey.from_pem(key.private_pem).sign(message)
    private = load_pem_private_key(key.private_pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("the webhook key is not an Ed25519 key")
    return private.sign(message)


def _manifest(content: bytes) -> Manifest:
    told = json.loads(content)
    return Manifest(**{**told, "day": date.fromisoformat(told["day"])})
