"""What the routes of places answer."""

from pydantic import BaseModel, ConfigDict


class DivisionOut(BaseModel):
    """A division (行政区划)."""

    code: str
    name: str
    level: str
    parent: str | None


class DepartmentOut(BaseModel):
    """A department (部门); the code is its unified social credit code."""

    code: str
    name: str
    short_name: str
    division: str


class GroupOut(BaseModel):
    """A business group of windows; `capacity` are places in each half hour."""

    code: str
    capacity: int
    windows: list[str]


class ServicePointOut(BaseModel):
    """A hall, township centre, bank outlet or self-service place. Hours are city time by weekday."""

    model_config = ConfigDict(extra="ignore")

    code: str
    name: str
    kind: str
    division: str
    address: str
    longitude: float
    latitude: float
    always_open: bool
    hours: dict[str, list[tuple[str, str]]]
    groups: list[GroupOut]
    bank: str | None


class DivisionList(BaseModel):
    """All divisions."""

    items: list[DivisionOut]


class DepartmentList(BaseModel):
    """All departments."""

    items: list[DepartmentOut]


class ServicePointList(BaseModel):
    """Service points by code."""

    items: list[ServicePointOut]
