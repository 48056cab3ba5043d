"""Bodies of attachments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from lib_kernel import CITY_ZONE


class AttachmentOut(BaseModel):
    """A file as its owner sees it in lists; `digest` is the SM3 of the content."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_at: Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
