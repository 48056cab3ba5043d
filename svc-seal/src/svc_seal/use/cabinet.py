"""Opened keys, kept while the process runs: unwrapping one for each use would cost more than signing."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from lib_gm import seal_signer
from svc_seal.authority import Authority
from svc_seal.pdf_authority import PdfAuthority
from svc_seal.seal.domain import Seal
from svc_seal.seal.picture import size_of
from svc_seal.use.ports import Material, PdfSigner

MOST = 500


class KeyCabinet:
    """Seals ready to be used. What a seal is made of never changes once it is active."""

    def __init__(self, authority: Authority, pdf: PdfAuthority) -> None:
        self._authority = authority
        self._pdf = pdf
        self._known: OrderedDict[str, Material] = OrderedDict()

    def missing(self, codes: Iterable[str]) -> list[str]:
        """Return the codes that are not at hand."""
        return [code for code in codes if code not in self._known]

    async def put_in(self, seals: Iterable[Seal]) -> None:
        """Open the keys of active seals. Raises KeyUnusable."""
        for seal in seals:
            if seal.made:
                self._known[seal.code] = await asyncio.to_thread(self._open, seal)
                self._known.move_to_end(seal.code)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def get(self, code: str) -> Material | None:
        """Return a seal ready to be used, None for one that was never made."""
        return self._known.get(code)

    def drop(self, code: str) -> None:
        """Forget a seal that may no longer be used."""
        self._known.pop(code, None)

    def _open(self, seal: Seal) -> Material:
        signer = self._authority.open_signer(seal.certificate, seal.wrapped_key, seal.code)
        pdf = None
        if seal.pdf_key:
            key = self._authority.software.master.unwrap(seal.pdf_key, f"pdf:{seal.code}")
            pdf = PdfSigner(seal.pdf_certificate, key, (self._pdf.certificate,))
        return Material(
            seal.code,
            seal.made,
            seal.certificate,
            signer.key,
            seal_signer(seal.made, seal.certificate, signer.key),
            seal.picture,
            size_of(seal.kind),
            pdf,
        )
