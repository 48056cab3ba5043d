"""Bodies of receipts."""

from enum import StrEnum

from pydantic import BaseModel

from svc_catalog.application.schemas import CityTime
from svc_catalog.receipt.domain import Kind


class Format(StrEnum):
    """File formats of documents."""

    PDF = "pdf"
    OFD = "ofd"


class ReceiptListed(BaseModel):
    """A document that can be fetched."""

    kind: Kind
    title: str
    issued_at: CityTime
