"""Signs revocation lists with the authority's key, off the event loop."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from lib_gm import Revoked, make_revocation_list
from svc_seal.authority import Authority
from svc_seal.certificate.domain import LIST_VALIDITY, IssuedList, RevokedCertificate


class AuthorityListIssuer:
    """The issuer that holds the authority's keys."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def issue(self, revoked: Sequence[RevokedCertificate], number: int, now: datetime) -> IssuedList:
        """Return a new list."""
        entries = [Revoked(int(item.serial), item.revoked_at, item.reason.value) for item in revoked]
        until = now + LIST_VALIDITY
        der = await asyncio.to_thread(
            make_revocation_list, self._authority.ca, entries, number=number, now=now, until=until
        )
        return IssuedList(number, der, now, until)
