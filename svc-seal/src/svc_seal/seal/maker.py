"""Makes seals with the installation's authority, off the event loop."""

import asyncio
from datetime import datetime

from lib_gm import SealFacts, make_seal
from svc_seal.authority import Authority
from svc_seal.seal.domain import VALIDITY, Seal
from svc_seal.seal.picture import DIAMETER_MM
from svc_seal.seal.ports import Made


class AuthorityMaker:
    """The maker that holds the authority's keys."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def make(self, seal: Seal, now: datetime) -> Made:
        """Return the seal signed by the maker, with a new signer certificate."""
        return await asyncio.to_thread(self._make, seal, now)

    def _make(self, seal: Seal, now: datetime) -> Made:
        signer = self._authority.issue_signer(seal.name, seal.code, now)
        facts = SealFacts(
            es_id=seal.code,
            name=seal.name,
            signers=(signer.certificate,),
            created_at=now,
            valid_from=now,
            valid_until=now + VALIDITY,
            picture=seal.picture,
            width=DIAMETER_MM,
            height=DIAMETER_MM,
        )
        wrapped = self._authority.wrap(signer.key, seal.code)
        return Made(make_seal(facts, self._authority.maker), signer.certificate, wrapped)
