"""Table and queries of tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, Uuid, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import EnumText, UtcDateTime
from svc_catalog.database import MAPPERS, METADATA
from svc_catalog.task.domain import Task, TaskStatus

task = Table(
    "task",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("application.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("item_code", Text, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("after", ARRAY(Text), nullable=False),
    Column("days", Integer, nullable=False),
    Column("status", EnumText(TaskStatus), nullable=False),
    Column("officer", Text),
    Column("opened_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text),
    Column("note", Text, nullable=False),
    Column("legal_ground", Text),
    Column("version", Integer, nullable=False),
)
Index("uq_task_application_id_position", task.c.application_id, task.c.position, unique=True)
Index("ix_task_department", task.c.department, task.c.status, task.c.due_at, task.c.id)

MAPPERS.map_imperatively(Task, task)


async def worklist(
    session: AsyncSession,
    *,
    departments: frozenset[str] | None,
    status: TaskStatus,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Task]:
    """Return tasks of departments (None: of all) in one status, those due first ahead."""
    statement = select(Task).where(task.c.status == status)
    if departments is not None:
        statement = statement.where(task.c.department.in_(departments))
    if after is not None:
        statement = statement.where(tuple_(task.c.due_at, task.c.id) > after)
    return (await session.scalars(statement.order_by(task.c.due_at, task.c.id).limit(limit))).all()


async def of_application(session: AsyncSession, application_id: UUID) -> Sequence[Task]:
    """Return an application's tasks in order of the plan."""
    wanted = select(Task).where(task.c.application_id == application_id).order_by(task.c.position)
    return (await session.scalars(wanted)).all()


async def departments_of(session: AsyncSession, application_id: UUID) -> frozenset[str]:
    """Return the departments that work on an application."""
    found: Any = await session.scalars(
        select(task.c.department).where(task.c.application_id == application_id).distinct()
    )
    return frozenset(found)


async def application_of(session: AsyncSession, task_id: UUID) -> UUID | None:
    """Return the application a task belongs to."""
    found: UUID | None = await session.scalar(select(task.c.application_id).where(task.c.id == task_id))
    return found
