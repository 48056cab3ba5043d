"""What the routes of catalogue files answer."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class RowErrorOut(BaseModel):
    """What is wrong with one row."""

    model_config = ConfigDict(from_attributes=True)

    row: int
    column: str
    code: str
    message: str


class ImportOut(BaseModel):
    """What an import did. Changed and new items wait for review as drafts; failed ones changed nothing.

    `waiting`: the same content was handed in before and is not approved yet. `check`: nothing was written.
    """

    check: bool
    new: int
    changed: int
    unchanged: int
    waiting: int
    failed: int
    errors: list[RowErrorOut]
    drafts: list[UUID]
