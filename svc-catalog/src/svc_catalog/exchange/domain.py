"""Messages to partner cities and what partner cities tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import NotAllowed, NotFound

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=2)


class MessageKind(StrEnum):
    """What a message to a partner is."""

    TRANSFER = "transfer"
    STATUS = "status"


class MessageStatus(StrEnum):
    """Where a message stands; a refused one was understood and not taken, so it is not sent again."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"


class Direction(StrEnum):
    """Which city the applicant is in."""

    OUT = "out"
    IN = "in"


class NotAPartnerCity(NotAllowed):
    """The caller is no city that we exchange with."""

    code = "not-a-partner-city"
    title = "未与该城市建立跨省通办"


class NoSuchTransfer(NotFound):
    """We know of no such application with this partner."""

    code = "transfer-not-found"
    title = "没有这个跨省办件"


@dataclass(eq=False)
class Message:
    """A message to a partner, kept until it was taken. `payload` is an encrypted text.

    Its id is the Idempotency-Key, so a partner that took it before an answer was lost does so once.
    """

    id: UUID
    partner: str
    application_id: UUID
    kind: MessageKind
    payload: str
    created_at: datetime
    next_attempt_at: datetime
    status: MessageStatus = MessageStatus.QUEUED
    attempts: int = 0
    sent_at: datetime | None = None
    problem: str = ""

    def wait(self, now: datetime, problem: str) -> None:
        """The partner did not answer: try again later, at longer intervals, for as long as it takes."""
        self.attempts += 1
        self.problem = problem
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 12), LONGEST_PAUSE)
        self.next_attempt_at = now + pause

    def taken(self, now: datetime) -> None:
        """The partner took it."""
        self.status, self.sent_at, self.problem = MessageStatus.SENT, now, ""
        self.attempts += 1

    def refused(self, problem: str) -> None:
        """The partner understood and did not take it; somebody must look."""
        self.status, self.problem = MessageStatus.REFUSED, problem
        self.attempts += 1


@dataclass(eq=False)
class SharedCase:
    """An application that two cities know. `sequence` is the partner's last status that was mirrored."""

    application_id: UUID
    partner: str
    direction: Direction
    partner_case: str
    partner_status: str
    sequence: int
    updated_at: datetime

    def is_news(self, sequence: int) -> bool:
        """Return whether a status is later than the last one; messages may come twice or out of order."""
        return sequence > self.sequence

    def mirror(self, status: str, sequence: int, now: datetime) -> None:
        """Note the partner's status."""
        self.partner_status, self.sequence, self.updated_at = status, sequence, now
