"""Checks an offline QR code the way a verifier without a network does: public keys and a kept status list.

Nothing here calls anyone: what it needs is fetched beforehand from `/v1/presentation-keys` and
`/v1/status-lists/{number}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import KeySet

from svc_license.presentation.domain import CodeInvalid, check_time
from svc_license.presentation.tokens import LIST_SIZE, OFFLINE, STATUS_LIST, moment, read, unpack


@dataclass(frozen=True)
class OfflineVerdict:
    """What a verifier can say without asking: how the licence stood, and how old that knowledge is."""

    facts: Mapping[str, Any]
    standing: str
    as_of: datetime
    age: timedelta

    @property
    def valid(self) -> bool:
        """Return whether it was valid when the status was last known."""
        return self.standing == "valid"


def check_offline(
    code: str, keys: Mapping[str, Any], status_list: str | None, now: datetime
) -> OfflineVerdict:
    """Return the verdict on an offline code; without a status list the code's own word is the newest.

    Raises:
        CodeInvalid, CodeExpired: the code or the list is not ours, was changed or is too old.
    """
    known = KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]  # a JWK set as published
    content = read(code, [OFFLINE], known)
    issued = moment(content.get("iat"))
    check_time(issued, moment(content.get("exp")), now)
    standing, as_of = str(content.get("st")), issued
    if status_list is not None:
        listed = read(status_list, [STATUS_LIST], known)
        number, place = divmod(int(content["ix"]), LIST_SIZE)
        if listed.get("list") != number:
            raise CodeInvalid("状态列表不是该证照所在的一份")
        published = moment(listed.get("iat"))
        if published > as_of:
            standing, as_of = unpack(str(listed.get("bits")), place), published
    if standing == "valid" and _is_over(content, now):
        standing = "ended"
    facts: dict[str, Any] = {
        name: content[name] for name in ("name", "no", "holder", "id", "until") if name in content
    }
    return OfflineVerdict(facts, standing, as_of, now - as_of)


def _is_over(content: Mapping[str, Any], now: datetime) -> bool:
    last = content.get("end")
    return isinstance(last, int) and now >= moment(last)
