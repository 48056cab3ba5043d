"""Events of svc-seal (电子印章)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lib_contracts._event import Event


class SealActivated(Event):
    """A seal was made and may be used."""

    type: ClassVar[str] = "seal.seal.activated.v1"
    entity: ClassVar[str] = "seal_code"

    seal_code: str
    activated_at: datetime


class DocumentSealed(Event):
    """A seal was set on a document; `digest` is the SM3 of the sealed file in hex."""

    type: ClassVar[str] = "seal.document.sealed.v1"
    entity: ClassVar[str] = "use_id"

    use_id: UUID
    seal_code: str
    digest: str
    sealed_at: datetime
