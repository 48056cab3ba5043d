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


class SealFrozen(Event):
    """A seal may not be used for a time."""

    type: ClassVar[str] = "seal.seal.frozen.v1"
    entity: ClassVar[str] = "seal_code"

    seal_code: str
    frozen_at: datetime


class SealUnfrozen(Event):
    """A frozen seal may be used again."""

    type: ClassVar[str] = "seal.seal.unfrozen.v1"
    entity: ClassVar[str] = "seal_code"

    seal_code: str
    unfrozen_at: datetime


class SealRevoked(Event):
    """A seal was withdrawn for good; `reason` is that of the revocation list (RFC 5280 §5.3.1)."""

    type: ClassVar[str] = "seal.seal.revoked.v1"
    entity: ClassVar[str] = "seal_code"

    seal_code: str
    revoked_at: datetime
    reason: str


class SealReplaced(Event):
    """A new seal took the place of this one."""

    type: ClassVar[str] = "seal.seal.replaced.v1"
    entity: ClassVar[str] = "seal_code"

    seal_code: str
    replaced_by: str
    replaced_at: datetime
