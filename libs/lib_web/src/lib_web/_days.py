"""Days that a request may name: beyond them a day has no begin or end that a database can hold."""

from datetime import date
from typing import Annotated

from pydantic import Field

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
