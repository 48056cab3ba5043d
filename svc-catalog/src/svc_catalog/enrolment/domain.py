"""A pupil to be enrolled: what the departments' data says, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict, Invalid, NotFound, move

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)


class Source(StrEnum):
    """The data services of departments."""

    HOUSEHOLD = "household"
    PROPERTY = "property"
    DISTRICT = "district"
    VACCINATION = "vaccination"


SOURCE_NAMES = {
    Source.HOUSEHOLD: "户籍",
    Source.PROPERTY: "不动产",
    Source.DISTRICT: "学区",
    Source.VACCINATION: "预防接种",
}


class EnrolmentStatus(StrEnum):
    """Where a pupil's enrolment stands."""

    PENDING = "pending"
    ENROLLED = "enrolled"
    UNCLEAR = "unclear"
    DECLINED = "declined"


NEXT: dict[EnrolmentStatus, frozenset[EnrolmentStatus]] = {
    EnrolmentStatus.PENDING: frozenset({EnrolmentStatus.ENROLLED, EnrolmentStatus.UNCLEAR}),
    EnrolmentStatus.UNCLEAR: frozenset({EnrolmentStatus.ENROLLED, EnrolmentStatus.DECLINED}),
    EnrolmentStatus.ENROLLED: frozenset(),
    EnrolmentStatus.DECLINED: frozenset(),
}


class NoSuchRun(NotFound):
    """There is no such enrolment run that the caller may see."""

    code = "enrolment-run-not-found"
    title = "没有这次入学办理"


class NotTheGuardian(Invalid):
    """Whoever registers a pupil is the guardian that the registration names."""

    code = "not-the-guardian"
    title = "监护人信息须为登录本人的信息"


class NoSuchEnrolment(NotFound):
    """There is no such enrolment that the caller may see."""

    code = "enrolment-not-found"
    title = "没有这条入学登记"


class SchoolUnknown(Conflict):
    """The pupil cannot be placed without a school."""

    code = "school-unknown"
    title = "请指明就读学校"


@dataclass(frozen=True)
class Run:
    """One year's enrolment as a department does it."""

    id: UUID
    year: int
    bundle_code: str
    answers: Mapping[str, Any]
    department: str
    started_by: str
    started_at: datetime


@dataclass(frozen=True)
class Reason:
    """Why a clerk must look at it: the source whose data is unclear, and what about it."""

    source: Source
    code: str
    text: str

    def as_data(self) -> dict[str, str]:
        """Return the reason as it is kept."""
        return {"source": self.source.value, "code": self.code, "text": self.text}


@dataclass(frozen=True)
class Verdict:
    """A school when the data is clear, else reasons."""

    school: str | None
    school_name: str | None
    reasons: tuple[Reason, ...]

    @property
    def is_clear(self) -> bool:
        """Return whether the pupil can be enrolled without a person looking."""
        return self.school is not None and not self.reasons


@dataclass(eq=False)
class Enrolment:
    """One pupil of a run. `content` and `facts` are encrypted texts; `sources` says which have answered.

    `registered_by` is the staff member who registered the pupil from a list, None when the guardian did.
    """

    id: UUID
    run_id: UUID
    pupil_hash: str
    guardian_id: str
    content: str
    registered_at: datetime
    next_attempt_at: datetime
    status: EnrolmentStatus = EnrolmentStatus.PENDING
    facts: str | None = None
    sources: list[str] = field(default_factory=list)
    reasons: list[dict[str, str]] = field(default_factory=list)
    school: str | None = None
    school_name: str | None = None
    application_id: UUID | None = None
    attempts: int = 0
    decided_by: str | None = None
    decided_at: datetime | None = None
    registered_by: str | None = None

    def wait(self, now: datetime) -> None:
        """Some service is away: try again later, at longer intervals. Nothing that was learnt is lost."""
        self.attempts += 1
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 10), LONGEST_PAUSE)
        self.next_attempt_at = now + pause

    def enrol(self, school: str, school_name: str, by: str, now: datetime) -> None:
        """The pupil has a place."""
        self.status = move(self.status, EnrolmentStatus.ENROLLED, NEXT)
        self.school, self.school_name, self.decided_by, self.decided_at = school, school_name, by, now

    def leave_to_clerk(self, reasons: list[dict[str, str]], school: str | None, name: str | None) -> None:
        """The data is not clear; a clerk decides, with the reasons and what school the data would give."""
        self.status = move(self.status, EnrolmentStatus.UNCLEAR, NEXT)
        self.reasons, self.school, self.school_name = reasons, school, name

    def decline(self, by: str, now: datetime) -> None:
        """A clerk found that the pupil cannot be enrolled here."""
        self.status = move(self.status, EnrolmentStatus.DECLINED, NEXT)
        self.decided_by, self.decided_at = by, now


def assess(facts: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """Return what the four services' data gives: a school, or the reasons why a clerk must look.

    A family with its own property in the district of its household register, a pupil registered with the
    guardian and fully vaccinated is clear; everything else is for a person to judge, never for refusal here.
    """
    household, property_ = facts[Source.HOUSEHOLD], facts[Source.PROPERTY]
    district, vaccination = facts[Source.DISTRICT], facts[Source.VACCINATION]
    reasons: list[Reason] = []
    if not household.get("found"):
        reasons.append(Reason(Source.HOUSEHOLD, "not-found", "未查到儿童的户籍登记"))
    elif not household.get("with_guardian"):
        reasons.append(Reason(Source.HOUSEHOLD, "not-with-guardian", "儿童户籍与监护人不在一处"))
    if property_.get("kind") == "rented":
        reasons.append(Reason(Source.PROPERTY, "rented", "无自有房产，租房居住，需核实租赁备案"))
    elif property_.get("kind") != "owned":
        reasons.append(Reason(Source.PROPERTY, "none", "未查到房产或租赁登记"))
    if not district.get("school"):
        reasons.append(Reason(Source.DISTRICT, "no-school", "住址不在任何学校的招生范围"))
    elif household.get("found") and district.get("division") != household.get("division"):
        reasons.append(Reason(Source.DISTRICT, "mismatch", "户籍地与住所学区不在同一区"))
    if not vaccination.get("complete"):
        missing = "、".join(vaccination.get("missing", ())) or "无接种记录"
        reasons.append(Reason(Source.VACCINATION, "incomplete", f"预防接种不完整：{missing}"))
    return Verdict(district.get("school"), district.get("school_name"), tuple(reasons))
