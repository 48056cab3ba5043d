"""Checks for anyone: a number with its code, or a file against the register."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from lib_db import Sessions
from lib_kernel import CITY_ZONE
from lib_ofd import NotOfd, read_data
from svc_license.checking import store
from svc_license.checking.domain import (
    MOST_A_CLIENT,
    MOST_A_NUMBER,
    CheckedLicense,
    CheckFailed,
    FileUnreadable,
    TooManyChecks,
    window_of,
)
from svc_license.license.domain import CHECK_ALPHABET, CHECK_LENGTH, License


async def check(number: str, code: str, *, client: str, sessions: Sessions, now: datetime) -> License:
    """Return the licence that has this number and code.

    Every attempt counts, right or wrong, so that the limit tells nothing either.

    Raises:
        TooManyChecks, CheckFailed: the same answer for an unknown number and a wrong code.
    """
    async with sessions.begin() as session:
        window = window_of(now)
        tried = await store.count(session, "number", number, window)
        by_client = await store.count(session, "client", client, window) if client else 0
    if tried > MOST_A_NUMBER or by_client > MOST_A_CLIENT:
        raise TooManyChecks
    async with sessions() as session:
        found = await store.by_number(session, number)
    known = found.check_code if found is not None and found.check_code else CHECK_ALPHABET[:CHECK_LENGTH]
    same = hmac.compare_digest(known.encode(), code.strip().upper().encode())
    if found is None or not found.check_code or not same:
        raise CheckFailed
    return found


def told(found: License, issuer: str, holder_name: str, now: datetime) -> CheckedLicense:
    """Return what anyone with number and code may know; `holder_name` is masked already."""
    today = now.astimezone(CITY_ZONE).date()
    return CheckedLicense(
        found.is_valid_on(today),
        found.standing_on(today),
        found.name,
        issuer,
        holder_name,
        found.valid_until,
    )


@dataclass(frozen=True)
class FileVerdict:
    """What is to be said of a file: each check apart, in Chinese."""

    valid: bool
    license_number: str | None
    status: str | None
    findings: list[tuple[str, bool, str]]


async def check_file(
    document: bytes, verdict: dict[str, Any], *, session: AsyncSession, now: datetime
) -> FileVerdict:
    """Return the verdict on a file whose seals svc-seal judged: is it the register's, and in force?

    Raises:
        FileUnreadable: it is no OFD.
    """
    try:
        number = read_data(document).get("ZZBS")
    except NotOfd as error:
        raise FileUnreadable(str(error)) from error
    findings = [
        (finding["check"], bool(finding["ok"]), str(finding["text"]))
        for signature in verdict["signatures"]
        for finding in signature["findings"]
    ]
    if not verdict["signatures"]:
        findings.append(("seal", False, "文件没有电子印章"))
    found = await store.by_number(session, number) if number else None
    findings.append(_say("register", found is not None, "证照在本市登记簿中", "登记簿中没有这个证照标识"))
    status = None
    if found is not None:
        today = now.astimezone(CITY_ZONE).date()
        status = found.standing_on(today)
        same = hashlib.new("sm3", document).hexdigest() == found.document_digest
        findings.append(_say("same-file", same, "与登记的原件逐字节一致", "与登记的原件不一致"))
        in_force = found.is_valid_on(today)
        findings.append(_say("in-force", in_force, "证照当前有效", f"证照当前状态为 {status}"))
    valid = bool(verdict["valid"]) and all(ok for _, ok, _ in findings)
    return FileVerdict(valid, number, status, findings)


def _say(check_: str, ok: bool, good: str, bad: str) -> tuple[str, bool, str]:
    return check_, ok, good if ok else bad
