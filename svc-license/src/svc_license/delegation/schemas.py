"""Request and response bodies of delegations."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from svc_license.delegation.domain import Standing
from svc_license.license.schemas import CityTime


class DelegationCreate(BaseModel):
    """Who may show which licence: the delegate is named by their resident ID number, which is not kept."""

    model_config = ConfigDict(extra="forbid")

    license_id: UUID
    delegate_number: str = Field(pattern=r"^\d{17}[\dX]$")
    relation: Literal["配偶", "父母", "子女", "监护人", "代理人", "其他"]
    until: AwareDatetime


class DelegationOut(BaseModel):
    """A delegation."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    license_id: UUID
    relation: str
    status: Standing
    offered_at: CityTime
    until: CityTime


class DelegationList(BaseModel):
    """Delegations the caller gave and was given."""

    given: list[DelegationOut]
    received: list[DelegationOut]
