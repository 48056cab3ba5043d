"""A task: waiting -> open -> approved | refused, or cancelled with its application."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import CITY_ZONE, Conflict, NotFound, move, new_id
from lib_workdays import Stop, deadline_time


class TaskStatus(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


NEXT: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.WAITING: frozenset({TaskStatus.OPEN, TaskStatus.CANCELLED}),
    TaskStatus.OPEN: frozenset({TaskStatus.APPROVED, TaskStatus.REFUSED, TaskStatus.CANCELLED}),
    TaskStatus.APPROVED: frozenset(),
    TaskStatus.REFUSED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}


class NoSuchTask(NotFound):
    """There is no such task that the caller may see."""

    code = "task-not-found"
    title = "没有这个办理环节"


class TaskTaken(Conflict):
    """Another officer works on the task."""

    code = "task-taken"
    title = "该环节已由其他人员办理"


@dataclass(frozen=True)
class PlannedStep:
    """One department's part as planned at submission; `after` names items that come before it.

    `fields` maps the item's own field names to those of a merged form; empty for an item's own form.
    """

    item_code: str
    item_name: str
    department: str
    after: tuple[str, ...]
    days: int
    result_license_type: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the step as it is kept with the application."""
        return {
            "item_code": self.item_code,
            "item_name": self.item_name,
            "department": self.department,
            "after": list(self.after),
            "days": self.days,
            "result_license_type": self.result_license_type,
            "fields": dict(self.fields),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PlannedStep":
        """Read a step back."""
        return cls(
            data["item_code"],
            data["item_name"],
            data["department"],
            tuple(data["after"]),
            data["days"],
            data.get("result_license_type"),
            data.get("fields", {}),
        )


@dataclass(eq=False)
class Task:
    """One department's work on an application."""

    id: UUID
    application_id: UUID
    position: int
    item_code: str
    item_name: str
    department: str
    after: list[str]
    days: int
    status: TaskStatus = TaskStatus.WAITING
    officer: str | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str = ""
    legal_ground: str | None = None
    version: int = field(default=1)

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the task is open past its due date."""
        return self.status is TaskStatus.OPEN and self.due_at is not None and now > self.due_at

    def open(self, now: datetime, stops: Sequence[Stop]) -> None:
        """Those before it are done: its own days run."""
        self._go(TaskStatus.OPEN)
        self.opened_at = now
        self.reckon(stops)

    def reckon(self, stops: Sequence[Stop]) -> None:
        """Reckon the due date anew; stops of the application's clock also stop the task's."""
        if self.opened_at is not None:
            day = self.opened_at.astimezone(CITY_ZONE).date()
            self.due_at = deadline_time(self.opened_at, self.days, [s for s in stops if s.end > day])

    def take(self, by: str) -> None:
        """An officer takes it on. Raises TaskTaken when another has it."""
        if self.status is not TaskStatus.OPEN:
            raise Conflict("该环节当前不能领取", status=self.status.value)
        if self.officer not in (None, by):
            raise TaskTaken
        self.officer = by
        self.version += 1

    def decide(self, wanted: TaskStatus, by: str, now: datetime, note: str, legal_ground: str | None) -> None:
        """An officer decides it."""
        self._go(wanted)
        self.officer = self.officer or by
        self.decided_by, self.decided_at, self.note, self.legal_ground = by, now, note, legal_ground

    def cancel(self) -> None:
        """Its application ended otherwise; a decided task stays as it is."""
        if self.status in {TaskStatus.WAITING, TaskStatus.OPEN}:
            self._go(TaskStatus.CANCELLED)

    def transfer(self, department: str) -> None:
        """Give an undecided task to another department."""
        if self.status not in {TaskStatus.WAITING, TaskStatus.OPEN}:
            raise Conflict("该环节已办结，不能移交", status=self.status.value)
        self.department, self.officer = department, None
        self.version += 1

    def _go(self, wanted: TaskStatus) -> None:
        self.status = move(self.status, wanted, NEXT)
        self.version += 1


def tasks_of(application_id: UUID, plan: Iterable[PlannedStep]) -> list[Task]:
    """Return the waiting tasks of a plan."""
    return [
        Task(
            new_id(),
            application_id,
            position,
            step.item_code,
            step.item_name,
            step.department,
            list(step.after),
            step.days,
        )
        for position, step in enumerate(plan)
    ]


def open_ready(tasks: Sequence[Task], now: datetime, stops: Sequence[Stop]) -> list[Task]:
    """Open every waiting task whose predecessors are all approved; return those opened.

    A predecessor that is not among the tasks was pruned from the plan and holds nothing up.
    """
    by_code = {task.item_code: task for task in tasks}
    opened = []
    for task in tasks:
        before = [by_code[code] for code in task.after if code in by_code]
        ready = all(other.status is TaskStatus.APPROVED for other in before)
        if task.status is TaskStatus.WAITING and ready:
            task.open(now, stops)
            opened.append(task)
    return opened
