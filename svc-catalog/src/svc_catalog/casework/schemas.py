"""Bodies of casework."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from svc_catalog.application.domain import StopKind
from svc_catalog.application.schemas import CityTime, Reason
from svc_catalog.task.domain import TaskStatus


class TaskForApplicant(BaseModel):
    """A department's part as the applicant sees it: who in the office works on it is not their concern."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    item_code: str
    item_name: str
    department: str
    after: list[str]
    status: TaskStatus
    due_at: CityTime | None
    decided_at: CityTime | None
    note: str
    legal_ground: str | None


class TaskOut(TaskForApplicant):
    """A department's part as staff sees it."""

    application_id: UUID
    officer: str | None
    opened_at: CityTime | None
    days: int
    is_overdue: bool
    version: int


class TaskTransfer(Reason):
    """To which department, and why."""

    department: str = Field(min_length=1, max_length=40)


class PointTransfer(Reason):
    """To which service point, and why."""

    service_point: str = Field(min_length=1, max_length=40)


class ClockStop(Reason):
    """Why the clock stands (特别程序)."""

    kind: StopKind
