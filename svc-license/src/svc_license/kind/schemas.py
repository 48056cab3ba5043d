"""What is told of kinds of licences."""

from typing import Any

from pydantic import BaseModel


class KindOut(BaseModel):
    """A kind of licence; `fields` is the JSON Schema of what it says."""

    code: str
    name: str
    issuer: str
    issuer_name: str
    holder_kind: str
    validity: str
    fields: dict[str, Any]


class KindList(BaseModel):
    """The kinds of licences of the city."""

    items: list[KindOut]
