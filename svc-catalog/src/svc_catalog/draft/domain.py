"""A draft: whatever the person has filled in so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lib_kernel import Conflict, NotFound, StaleVersion

MOST_PER_PERSON = 50
KEPT = timedelta(days=180)


class NoSuchDraft(NotFound):
    """There is no such draft of the caller."""

    code = "draft-not-found"
    title = "没有这份草稿"


class TooManyDrafts(Conflict):
    """The person keeps as many drafts as are allowed."""

    code = "too-many-drafts"
    title = "草稿数量已达上限，请先删除不用的草稿"


@dataclass(eq=False)
class Draft:
    """A person's unfinished application; `content` is an encrypted text."""

    id: UUID
    person_id: str
    item_code: str
    title: str
    content: str
    channel: str
    saved_at: datetime
    version: int = 1

    def save(self, content: str, channel: str, now: datetime, seen: int | None) -> None:
        """Replace the content. Raises StaleVersion when another channel saved in the meantime."""
        if seen is not None and seen != self.version:
            raise StaleVersion(f"草稿已在其他渠道更新到版本 {self.version}", version=self.version)
        self.content, self.channel, self.saved_at = content, channel, now
        self.version += 1
