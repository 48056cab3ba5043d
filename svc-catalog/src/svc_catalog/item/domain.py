"""A published item: in use, suspended or withdrawn. Its content is a record of elements."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lib_kernel import Conflict, NotAllowed, NotFound, move


class State(StrEnum):
    """Where a published item stands (事项状态): in use, paused, cancelled."""

    PUBLISHED = "published"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


NEXT: dict[State, frozenset[State]] = {
    State.PUBLISHED: frozenset({State.SUSPENDED, State.WITHDRAWN}),
    State.SUSPENDED: frozenset({State.PUBLISHED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}


class NoSuchItem(NotFound):
    """There is no published item with this code."""

    code = "item-not-found"
    title = "没有这个事项"


class NoSuchVersion(NotFound):
    """The item never had this version."""

    code = "item-version-not-found"
    title = "没有这个版本"


class ItemSuspended(Conflict):
    """The item is not offered for the time being; `reason` says why."""

    code = "item-suspended"
    title = "该事项暂停办理"


class ItemWithdrawn(Conflict):
    """The item was given up for good; nothing can be published under its code again."""

    code = "item-withdrawn"
    title = "该事项已取消"


@dataclass
class Standing:
    """What an item is now, apart from its content. `reason` says why it is not in use."""

    code: str
    version: int
    department: str
    content_hash: str
    state: State = State.PUBLISHED
    reason: str | None = None

    def suspend(self, reason: str) -> None:
        """Do not offer it for the time being. Running applications go on."""
        self.state, self.reason = move(self.state, State.SUSPENDED, NEXT), reason

    def resume(self) -> None:
        """Offer it again."""
        self.state, self.reason = move(self.state, State.PUBLISHED, NEXT), None

    def withdraw(self, reason: str) -> None:
        """Give it up for good."""
        self.state, self.reason = move(self.state, State.WITHDRAWN, NEXT), reason


@dataclass(frozen=True)
class Publication:
    """How a version came about: who wrote it, who else approved it, and since when it is in force."""

    at: datetime
    edited_by: str
    approved_by: str


def check_in_use(standing: Standing) -> None:
    """Raise ItemSuspended or NoSuchItem unless the item can be applied for."""
    if standing.state is State.SUSPENDED:
        raise ItemSuspended(f"暂停办理：{standing.reason}", reason=standing.reason)
    if standing.state is State.WITHDRAWN:
        raise NoSuchItem(f"事项 {standing.code} 已取消")


BRIEF = (
    "code",
    "name",
    "kind",
    "department",
    "department_name",
    "audience",
    "case_type",
    "promised_days",
    "visits",
    "window_group",
    "channels",
    "high_frequency",
)


def brief(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list shows of an item."""
    return {name: record[name] for name in BRIEF}


def content_hash(record: Mapping[str, Any]) -> str:
    """Return the digest of an item's content; the order of its members does not matter."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# Marks that make an item available on a channel which does not offer all.
OFFERED = {"bank": ("bank_window", "bank_self_service"), "kiosk": ("kiosk",)}


class ItemNotOnChannel(NotAllowed):
    """The item is not handled on this channel."""

    code = "item-not-on-channel"
    title = "本渠道不办理该事项"


def offered_on(channel: str) -> tuple[str, ...] | None:
    """Return the marks of which an item needs one on a channel, None where every item is offered."""
    return OFFERED.get(channel)
