"""What is to be said of a signature."""

from dataclasses import dataclass
from datetime import datetime

from lib_gm import Finding
from lib_kernel import Invalid


class DocumentUnreadable(Invalid):
    """The file is no OFD or PDF document that can be verified."""

    code = "document-invalid"
    title = "文件不是可处理的 OFD 或 PDF 文件"


@dataclass(frozen=True)
class Verdict:
    """The verdict on one signature; `form` names its standard."""

    form: str
    seal_code: str
    seal_name: str
    signer: str
    signed_at: datetime | None
    findings: tuple[Finding, ...]

    @property
    def is_trusted(self) -> bool:
        """Return whether whoever signed, and whoever made the seal, leads to a root that is believed."""
        return all(finding.ok for finding in self.findings if finding.check in {"signer", "seal-maker"})

    @property
    def is_valid(self) -> bool:
        """Return whether every check passed."""
        return all(finding.ok for finding in self.findings)
