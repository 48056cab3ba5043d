"""A timer: what is to happen to a case, and when, unless the case moves on before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Name(StrEnum):
    """What a timer is for."""

    TRIAGE = "triage"
    ACCEPT = "accept"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    CALL_BACK = "call_back"
    LOOK = "look"
    SUPERVISION = "supervision"


@dataclass(frozen=True)
class Planned:
    """A timer that a case should have now. `rung` tells the steps of a ladder apart."""

    name: Name
    rung: int
    due_at: datetime


@dataclass(frozen=True)
class Due:
    """A timer whose moment has come."""

    id: UUID
    case_id: UUID
    name: Name
    rung: int
    due_at: datetime
