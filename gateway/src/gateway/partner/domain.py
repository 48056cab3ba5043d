"""A partner bank (合作银行): keys with overlap, suspension, address list, quotas, webhook."""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lib_kernel import Conflict, Invalid, NotFound, move

MOST_KEYS = 2
SERVICES = ("catalog", "booking", "license", "seal", "complaint")
ALL_SCOPES = frozenset(f"{service}:{use}" for service in SERVICES for use in ("read", "write"))


class Status(StrEnum):
    """Whether the partner may call."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


NEXT: dict[Status, frozenset[Status]] = {
    Status.ACTIVE: frozenset({Status.SUSPENDED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE}),
}


class PartnerUnknown(NotFound):
    """No partner has this code."""

    code = "partner-unknown"
    title = "没有登记这个合作机构"


class PartnerExists(Conflict):
    """The code is taken."""

    code = "partner-exists"
    title = "该机构代码已登记"


class KeyTaken(Conflict):
    """The key id belongs, or belonged, to somebody."""

    code = "key-taken"
    title = "该密钥编号已被使用，请换一个编号"


class TooManyKeys(Conflict):
    """Two keys are the overlap; a third is refused."""

    code = "too-many-keys"
    title = "最多同时使用两个密钥，请先停用一个"


class LastKey(Conflict):
    """The only key cannot be retired: suspend the partner instead."""

    code = "last-key"
    title = "这是最后一个可用密钥，请先登记新密钥；如需停用机构请使用暂停"


class NoWebhook(Conflict):
    """The partner has no subscription that could be started again."""

    code = "no-webhook"
    title = "该机构没有登记推送地址"


@dataclass(frozen=True)
class PartnerKey:
    """A public key. From `retires_at` on it is refused."""

    key_id: str
    algorithm: str
    public_pem: str
    added_at: datetime
    retires_at: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """Return whether a signature of this key is accepted at `now`."""
        return self.retires_at is None or now < self.retires_at


@dataclass(frozen=True)
class Contact:
    """Whom to call at the partner."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Quota:
    """Requests allowed; None is no limit."""

    per_day: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True)
class Webhook:
    """Where events are sent. `algorithm` is the gateway's key to sign with; `ended` says why it is over."""

    url: str
    algorithm: str = "ed25519"
    ended: str | None = None


@dataclass(frozen=True)
class Partner:
    """A partner with everything the gateway decides by.

    `events` are types or prefixes with `*`; none means all. `generation`
    counts the resets of a sandbox: persons of an earlier generation are nobody any more.
    """

    code: str
    name: str
    contact: Contact
    registered_at: datetime
    keys: tuple[PartnerKey, ...] = ()
    status: Status = Status.ACTIVE
    reason: str = ""
    scopes: frozenset[str] = ALL_SCOPES
    networks: tuple[str, ...] = ()
    quota: Quota = Quota()
    webhook: Webhook | None = None
    events: tuple[str, ...] = ()
    is_sandbox: bool = False
    generation: int = 0

    @property
    def is_suspended(self) -> bool:
        """Return whether the partner is shut out."""
        return self.status is Status.SUSPENDED

    @property
    def is_called(self) -> bool:
        """Return whether webhooks go out now."""
        return self.webhook is not None and self.webhook.ended is None and not self.is_suspended

    def with_key(self, key: PartnerKey, now: datetime) -> "Partner":
        """Return the partner with another key. Raises TooManyKeys, KeyTaken."""
        usable = [known for known in self.keys if known.is_usable(now)]
        if any(known.key_id == key.key_id for known in self.keys):
            raise KeyTaken(key_id=key.key_id)
        if len(usable) >= MOST_KEYS:
            raise TooManyKeys(keys=[known.key_id for known in usable])
        return replace(self, keys=(*self.keys, key))

    def with_key_retired(self, key_id: str, at: datetime, now: datetime) -> "Partner":
        """Return the partner whose key is refused from `at` on. Raises NotFound, LastKey, Invalid."""
        if key_id not in {key.key_id for key in self.keys}:
            raise NotFound("该机构没有这个密钥", key_id=key_id)
        if at < now:
            at = now
        others = [key for key in self.keys if key.key_id != key_id and key.is_usable(at)]
        if not others:
            raise LastKey(key_id=key_id)
        keys = tuple(replace(key, retires_at=at) if key.key_id == key_id else key for key in self.keys)
        return replace(self, keys=keys)

    def suspended(self, reason: str) -> "Partner":
        """Return the partner shut out. Raises IllegalMove."""
        return replace(self, status=move(self.status, Status.SUSPENDED, NEXT), reason=reason)

    def reinstated(self) -> "Partner":
        """Return the partner let in again. Raises IllegalMove."""
        return replace(self, status=move(self.status, Status.ACTIVE, NEXT), reason="")

    def with_webhook_ended(self, reason: str) -> "Partner":
        """Return the partner without calls; the events can still be polled."""
        return replace(self, webhook=replace(self.webhook, ended=reason)) if self.webhook else self

    def with_webhook_again(self) -> "Partner":
        """Return the partner whose ended subscription runs again. Raises NoWebhook."""
        if self.webhook is None:
            raise NoWebhook
        return replace(self, webhook=replace(self.webhook, ended=None))

    def reset(self) -> "Partner":
        """Return the sandbox partner at a new beginning. Raises Conflict for a real partner."""
        if not self.is_sandbox:
            raise Conflict("只有沙箱机构可以重置")
        return replace(self, generation=self.generation + 1)

    def wants(self, event_type: str) -> bool:
        """Return whether the partner asked for events of this type."""
        return not self.events or any(_fits(event_type, wanted) for wanted in self.events)

    def admits(self, address: str) -> bool:
        """Return whether a request may come from an IP address; without a list it may come from anywhere."""
        if not self.networks:
            return True
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
            known = known.ipv4_mapped
        return any(known in ipaddress.ip_network(network) for network in self.networks)


def _fits(event_type: str, wanted: str) -> bool:
    return event_type.startswith(wanted[:-1]) if wanted.endswith("*") else event_type == wanted


def check_networks(networks: list[str]) -> tuple[str, ...]:
    """Return an address list in one form. Raises Invalid naming the entry that is none."""
    found = []
    for number, network in enumerate(networks):
        try:
            found.append(str(ipaddress.ip_network(network, strict=False)))
        except ValueError as error:
            raise Invalid(f"{network} 不是 IP 地址或网段", field=f"networks.{number}") from error
    return tuple(found)
