"""What the routes of licences answer."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from lib_kernel import CITY_ZONE
from svc_license.license.domain import Status

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]


class LicenseOut(BaseModel):
    """A licence of the caller's wallet (卡包)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    number: str
    type_code: str
    department: str
    status: Status
    issued_at: CityTime
    valid_until: date | None


class LicenseDetail(LicenseOut):
    """A licence with what it says; the holder's number is masked."""

    holder_name: str
    holder_number: str
    fields: dict[str, str]


class Proof(BaseModel):
    """A licence that makes handing in a material needless (免提交)."""

    type_code: str
    license_id: UUID
    name: str


class Proofs(BaseModel):
    """What the caller holds already."""

    items: list[Proof]
