"""Bodies of drafts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from svc_catalog.application.schemas import ApplicationCreate, CityTime


class DraftIn(BaseModel):
    """What has been filled in so far: members of an application, complete or not."""

    model_config = ConfigDict(extra="forbid")

    item_code: Annotated[str, Field(min_length=1, max_length=40, description="事项或一件事的编码")]
    title: str = Field(min_length=1, max_length=100)
    content: dict[str, Any] = Field(max_length=50)


class DraftListed(BaseModel):
    """A draft in a list; `channel` is where it was saved last."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    item_code: str
    title: str
    channel: str
    saved_at: CityTime
    version: int


class DraftOut(DraftListed):
    """A draft with its content, for its owner."""

    content: dict[str, Any]


def complete(content: dict[str, Any]) -> ApplicationCreate:
    """Return a draft's content as a complete application.

    Raises:
        RequestValidationError: something is missing or wrong, answered as for a direct submission.
    """
    try:
        return ApplicationCreate.model_validate(content)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
