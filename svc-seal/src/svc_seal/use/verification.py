"""Verifies sealed documents: every check apart, over the received bytes."""

from dataclasses import dataclass
from datetime import datetime

from lib_gm import Finding, NotASeal, check_signature, parse_seal, parse_signature
from lib_ofd import NotOfd, ReadSignature, read_signatures
from svc_seal.use.domain import DocumentInvalid


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one signature."""

    seal_code: str
    seal_name: str
    signed_at: datetime | None
    findings: list[Finding]

    @property
    def is_valid(self) -> bool:
        """Return whether every check passed."""
        return all(finding.ok for finding in self.findings)


def verify(document: bytes, roots: tuple[bytes, ...]) -> list[Verdict]:
    """Return a verdict on each signature of an OFD file, in the order they were made.

    Raises:
        DocumentInvalid: the file cannot be read.
    """
    try:
        signatures = read_signatures(document)
    except NotOfd as error:
        raise DocumentInvalid(str(error)) from error
    return [_judge(signature, roots) for signature in signatures]


def _judge(signature: ReadSignature, roots: tuple[bytes, ...]) -> Verdict:
    try:
        facts = parse_signature(signature.value)
        seal = parse_seal(facts.seal)
        findings = check_signature(signature.value, roots)
    except NotASeal:
        unreadable = Finding("format", False, "签章不符合 GB/T 38540-2020")
        return Verdict("", "", None, [unreadable, *_integrity(signature)])
    findings += [
        _finding("seal-same", facts.seal == signature.seal, "签章内的印章与文件中的一致", "印章文件被替换"),
        _finding(
            "digest",
            facts.data_hash == signature.xml_digest and facts.property_info == signature.path,
            "签名覆盖本签章的原文摘要",
            "签名与签章描述文件不符",
        ),
        *_integrity(signature),
    ]
    return Verdict(seal.es_id, seal.name, facts.signed_at, findings)


def _integrity(signature: ReadSignature) -> list[Finding]:
    intact, covered = not signature.changed, not signature.uncovered
    return [
        _finding("content", intact, "文件内容未被改动", "文件内容在签章后被改动"),
        _finding("coverage", covered, "签章覆盖全部内容", "签章后增加了未受保护的内容"),
    ]


def _finding(check: str, ok: bool, good: str, bad: str) -> Finding:
    return Finding(check, ok, good if ok else bad)
