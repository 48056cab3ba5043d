"""Verifies OFD files: each signature, its seal, what it covers; over the received bytes."""

from datetime import UTC, datetime

from lib_gm import (
    Finding,
    Generation,
    NotASeal,
    NotSignedData,
    Trust,
    check_signature,
    check_signed_data,
    parse_seal,
    parse_signature,
    parse_signed_data,
    subject_name,
)
from lib_ofd import NotOfd, ReadSignature, read_signatures
from svc_seal.verification.domain import DocumentUnreadable, Verdict

MOST_NAMED = 5


def verify_ofd(document: bytes, trust: Trust) -> list[Verdict]:
    """Return a verdict on each signature of an OFD file, in the order they were made.

    Raises:
        DocumentUnreadable: the file cannot be read.
    """
    try:
        signatures = read_signatures(document)
    except NotOfd as error:
        raise DocumentUnreadable(str(error)) from error
    return [_judge(signature, trust) for signature in signatures]


def _judge(signature: ReadSignature, trust: Trust) -> Verdict:
    broken = tuple(Finding("structure", False, text) for text in signature.problems)
    try:
        if signature.kind == "Sign":
            return _plain(signature, trust, broken)
        return _sealed(signature, trust, broken)
    except (NotASeal, NotSignedData):
        known = "、".join(generation.title for generation in Generation)
        unreadable = Finding("format", False, f"签章不符合 {known} 中的任何一种")
        return Verdict("unknown", "", "", "", None, (unreadable, *broken, *_integrity(signature)))


def _sealed(signature: ReadSignature, trust: Trust, broken: tuple[Finding, ...]) -> Verdict:
    facts = parse_signature(signature.value)
    seal = parse_seal(facts.seal)
    # A seal that is only embedded in the signature is nothing to compare with.
    is_same = not signature.seal or facts.seal == signature.seal
    covers = facts.data_hash == signature.xml_digest
    findings = (
        *check_signature(signature.value, trust),
        _finding("seal-same", is_same, "签章内的印章与文件中的一致", "印章文件被替换"),
        _finding("digest", covers, "签名覆盖本签章的原文摘要", "签名与签章描述文件不符"),
        *_named(facts.property_info, signature.path, facts.generation),
        *broken,
        *_integrity(signature),
    )
    form = f"{facts.generation.title} (V{facts.generation.value})"
    return Verdict(form, seal.es_id, seal.name, _name(facts.signer), facts.signed_at, findings)


def _named(said: str, path: str, generation: Generation) -> tuple[Finding, ...]:
    """V4 signs the path of Signature.xml as well; in V1 and V5 files of other makers the text is free."""
    fits = "/" + said.strip().lstrip("/") == path
    if generation is not Generation.V4 and not fits:
        return ()
    return (_finding("property", fits, "签名指明的描述文件正确", "签名指明的描述文件不是本签章的"),)


def _plain(signature: ReadSignature, trust: Trust, broken: tuple[Finding, ...]) -> Verdict:
    found = parse_signed_data(signature.value)
    findings = (
        *check_signed_data(found, signature.xml, trust, datetime.now(UTC)),
        *broken,
        *_integrity(signature),
    )
    return Verdict("GB/T 35275", "", "", _name(found.signer), found.signed_at, findings)


def _name(certificate: bytes) -> str:
    try:
        return subject_name(certificate)
    except (ValueError, TypeError, KeyError):
        return ""


def _integrity(signature: ReadSignature) -> tuple[Finding, Finding]:
    changed, uncovered = signature.changed, signature.uncovered
    return (
        _finding(
            "content", not changed, "文件内容未被改动", f"签章后被改动的文件：{_list(changed)}", changed
        ),
        _finding(
            "coverage",
            not uncovered,
            "签章覆盖全部内容",
            f"签章后增加的、未受保护的文件：{_list(uncovered)}",
            uncovered,
        ),
    )


def _list(names: tuple[str, ...]) -> str:
    shown = "、".join(names[:MOST_NAMED])
    return shown + (f" 等 {len(names)} 个" if len(names) > MOST_NAMED else "")


def _finding(check: str, ok: bool, good: str, bad: str, files: tuple[str, ...] = ()) -> Finding:
    return Finding(check, ok, good if ok else bad, files)
