"""A draft of an item: draft -> in_review -> approved -> published, or back, or discarded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotAllowed, NotFound, StaleVersion, move, new_id
from svc_catalog.element.domain import canonical
from svc_catalog.element.rules import check_item


class Status(StrEnum):
    """Where a draft stands. An approved one waits for the day it takes effect."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DISCARDED = "discarded"


NEXT: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.IN_REVIEW, Status.DISCARDED}),
    Status.IN_REVIEW: frozenset({Status.APPROVED, Status.DRAFT}),
    Status.APPROVED: frozenset({Status.PUBLISHED, Status.DRAFT}),
    Status.PUBLISHED: frozenset(),
    Status.DISCARDED: frozenset(),
}
OPEN = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.APPROVED})


class NoSuchDraft(NotFound):
    """There is no such draft."""

    code = "item-draft-not-found"
    title = "没有这个草稿"


class DraftExists(Conflict):
    """The item has a draft that is not published yet; `draft_id` names it."""

    code = "item-draft-exists"
    title = "该事项已有未发布的草稿"


class ItemExists(Conflict):
    """An item was published under this code; it is changed by a draft of it."""

    code = "item-exists"
    title = "已有这个编码的事项"


class ItemIncomplete(Invalid):
    """Elements are missing or contradict each other; `errors` names each."""

    code = "item-incomplete"
    title = "事项要素不完整或有矛盾"


class FourEyes(NotAllowed):
    """Who wrote a draft may not approve it."""

    code = "four-eyes"
    title = "编制人与审核人不能为同一人"


@dataclass(eq=False)
class Draft:
    """What an item shall become. `base_version` is the version it changes, 0 for a new item.

    `editors` is everyone who wrote in it; `revision` is raised at each change (If-Match).
    """

    id: UUID
    code: str
    department: str
    base_version: int
    data: dict[str, Any]
    editors: list[str]
    created_at: datetime
    updated_at: datetime
    status: Status = Status.DRAFT
    revision: int = 1
    submitted_by: str | None = None
    approved_by: str | None = None
    effective_at: datetime | None = None
    published_version: int | None = None
    note: str = ""

    def check_revision(self, expected: int | None) -> None:
        """Raise StaleVersion when the caller saw another revision."""
        if expected is not None and expected != self.revision:
            raise StaleVersion(f"草稿已更新到第 {self.revision} 稿", version=self.revision)

    def edit(self, data: dict[str, Any], by: str, now: datetime) -> None:
        """Replace the content. The code stays, because it is what the item is known by."""
        if self.status is not Status.DRAFT:
            raise Conflict("只有草稿状态可以修改，请先退回或撤回", current=self.status.value)
        if data.get("code") != self.code:
            raise Invalid("基本编码不能更改；新编码请另建事项", field="code")
        self.data = data
        self.department = str(data.get("department", ""))
        if by not in self.editors:
            # A new list, so that the change is seen when the entity is written.
            self.editors = [*self.editors, by]
        self._touched(now)

    def submit(self, by: str, now: datetime, departments: Mapping[str, str]) -> None:
        """Ask for review. Raises ItemIncomplete naming everything that is missing or wrong."""
        self.data = canonical(self.data)
        check_complete(self.data, departments)
        self._go(Status.IN_REVIEW, now)
        self.submitted_by, self.note = by, ""

    def return_(self, now: datetime, note: str) -> None:
        """Give it back to its editors with the reason."""
        self._go(Status.DRAFT, now)
        self.approved_by, self.effective_at, self.note = None, None, note

    def approve(self, by: str, now: datetime, effective_at: datetime | None) -> None:
        """Let it take effect, at once or on a later day; by another person than its editors."""
        if by in self.editors or by == self.submitted_by:
            raise FourEyes
        self._go(Status.APPROVED, now)
        self.approved_by = by
        self.effective_at = max(effective_at or now, now)

    def publish(self, version: int, now: datetime) -> None:
        """It is the item's content now."""
        self._go(Status.PUBLISHED, now)
        self.published_version = version

    def discard(self, now: datetime) -> None:
        """Throw it away."""
        self._go(Status.DISCARDED, now)

    def is_due(self, now: datetime) -> bool:
        """Return whether it is approved and its time has come."""
        return self.status is Status.APPROVED and self.effective_at is not None and self.effective_at <= now

    def _go(self, wanted: Status, now: datetime) -> None:
        self.status = move(self.status, wanted, NEXT)
        self._touched(now)

    def _touched(self, now: datetime) -> None:
        self.revision += 1
        self.updated_at = now


def new_draft(data: dict[str, Any], base_version: int, by: str, now: datetime) -> Draft:
    """Return a draft of an item."""
    code = data.get("code")
    if not isinstance(code, str) or not code:
        raise Invalid("缺少基本编码", field="code")
    return Draft(
        id=new_id(),
        code=code,
        department=str(data.get("department", "")),
        base_version=base_version,
        data=data,
        editors=[by],
        created_at=now,
        updated_at=now,
    )


def check_complete(data: Mapping[str, Any], departments: Mapping[str, str]) -> None:
    """Raise ItemIncomplete naming everything that is missing or wrong with an item."""
    errors = check_item(data, departments)
    if errors:
        told = "；".join(error["message"] for error in errors[:5])
        more = f"等 {len(errors)} 处" if len(errors) > 5 else ""
        raise ItemIncomplete(f"{told}{more}", errors=errors)


@dataclass
class Outcome:
    """What became of one item of an import: `result` is new, changed, unchanged or failed."""

    code: str
    name: str
    result: str
    draft_id: UUID | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
