"""Uses of seals."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lib_kernel import Conflict, Invalid, Unavailable, new_id

# A sealed file is given again on a repeat this long; afterwards its owner has it, or has lost it.
KEPT_FOR = timedelta(days=30)


class Kind(StrEnum):
    """What was signed: a digest, an OFD file, a PDF file."""

    DIGEST = "digest"
    OFD = "ofd"
    PDF = "pdf"


class DocumentInvalid(Invalid):
    """The file is no OFD or PDF document that can be sealed or verified."""

    code = "document-invalid"
    title = "文件不是可处理的 OFD 或 PDF 文件"


class PlaceInvalid(Invalid):
    """The document has no such page or keyword, or cannot have a riding seal."""

    code = "seal-place-invalid"
    title = "不能在指定位置加盖印章"


class TimeStampUnavailable(Unavailable):
    """The time-stamp authority does not answer, or not with a stamp on what it was asked for."""

    code = "time-stamp-unavailable"
    title = "时间戳服务暂时不可用，请稍后再试"


class UseForgotten(Conflict):
    """The occasion was sealed so long ago that its file is no longer kept here."""

    code = "seal-use-forgotten"
    title = "此 use_key 已用过，其文件已过保存期"


class UseKeyTaken(Conflict):
    """The key names an occasion of somebody else, or of another seal."""

    code = "seal-use-key-taken"
    title = "此 use_key 已用于另一次用章，请换一个"


@dataclass(eq=False)
class SealUse:
    """One sealed document. `use_key` names the occasion: the same occasion is never sealed twice."""

    id: UUID
    use_key: str
    seal_code: str
    purpose: str
    caller: str
    digest: str
    document: bytes | None
    sealed_at: datetime
    kind: Kind = Kind.OFD

    @classmethod
    def of(
        cls,
        *,
        use_key: str,
        seal_code: str,
        purpose: str,
        caller: str,
        document: bytes,
        now: datetime,
        kind: Kind = Kind.OFD,
    ) -> "SealUse":
        """Return the use that made the sealed document."""
        digest = hashlib.new("sm3", document).hexdigest()
        return cls(new_id(), use_key, seal_code, purpose, caller, digest, document, now, kind)

    def kept_document(self) -> bytes:
        """Return the sealed file. Raises UseForgotten."""
        if self.document is None:
            raise UseForgotten
        return self.document
