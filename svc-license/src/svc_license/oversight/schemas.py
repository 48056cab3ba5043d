"""What overseers are told."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class AuditOut(BaseModel):
    """One record of the audit chain."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    actor: str
    action: str
    subject: str
    at: datetime
    facts: dict[str, str]
    digest: str


class ChainOut(BaseModel):
    """Whether the audit chain is whole; `first_broken` is the first record that does not fit."""

    whole: bool
    records: int
    first_broken: int | None


class Indicator(BaseModel):
    """One figure."""

    code: str
    title: str
    value: float
    unit: str
    numerator: int | None
    denominator: int | None


class Indicators(BaseModel):
    """Figures of a year."""

    items: list[Indicator]
