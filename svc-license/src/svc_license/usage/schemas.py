"""What the holder is told of the use of a licence."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from svc_license.license.schemas import CityTime
from svc_license.usage.domain import Basis, ReaderKind


class ReadOut(BaseModel):
    """Who read a licence, when, what for and why it was allowed."""

    model_config = ConfigDict(from_attributes=True)

    reader: str
    reader_kind: ReaderKind
    purpose: str
    basis: Basis
    ground: str | None
    consent_id: UUID | None
    read_at: CityTime
