"""Makes seals with the installation's authority, off the event loop."""

import asyncio
from datetime import datetime

from lib_gm import SealFacts, make_seal, serial_of
from svc_seal.authority import Authority
from svc_seal.seal.domain import VALIDITY, Kind, Seal
from svc_seal.seal.picture import size_of
from svc_seal.seal.ports import Made

UNIT_TYPE, PERSONAL_TYPE = 1, 2


class AuthorityMaker:
    """The maker that holds the authority's keys."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def make(self, seal: Seal, now: datetime) -> Made:
        """Return the seal signed by the maker, with a new signer certificate."""
        return await asyncio.to_thread(self._make, seal, now)

    def serial_of(self, certificate: bytes) -> str:
        """Return a certificate's serial number in decimal."""
        return str(serial_of(certificate))

    def _make(self, seal: Seal, now: datetime) -> Made:
        signer = self._authority.issue_signer(seal.name, seal.code, now)
        certificate = signer.issued.certificate
        facts = SealFacts(
            es_id=seal.code,
            name=seal.name,
            signers=(certificate,),
            created_at=now,
            valid_from=now,
            valid_until=now + VALIDITY,
            picture=seal.picture,
            width=size_of(seal.kind),
            height=size_of(seal.kind),
            kind=PERSONAL_TYPE if seal.kind is Kind.PERSONAL else UNIT_TYPE,
        )
        return Made(make_seal(facts, self._authority.maker), certificate, signer.handle)
