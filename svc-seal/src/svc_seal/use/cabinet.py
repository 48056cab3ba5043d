"""Opened keys, kept while the process runs: unwrapping one for each use would cost more than signing."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from lib_gm import seal_signer
from svc_seal.authority import Authority
from svc_seal.keys import KeyUnusable
from svc_seal.pdf_authority import PdfAuthority
from svc_seal.seal.domain import Seal
from svc_seal.seal.picture import size_of
from svc_seal.use.ports import Material, PdfSigner

MOST = 2000


class KeyCabinet:
    """Seals ready to be used. What a seal is made of never changes once it is active."""

    def __init__(self, authority: Authority, pdf: PdfAuthority) -> None:
        self._authority = authority
        self._pdf = pdf
        self._known: OrderedDict[str, Material] = OrderedDict()

    def at_hand(self, codes: Iterable[str]) -> dict[str, Material]:
        """Return those of some seals that are open."""
        return {code: self._known[code] for code in codes if code in self._known}

    async def open(self, seals: Iterable[Seal]) -> tuple[dict[str, Material], dict[str, KeyUnusable]]:
        """Open the keys of seals that were made; return them, and what went wrong, by the seal's code."""
        opened, failed = {}, {}
        for seal in seals:
            if not seal.made:
                continue
            try:
                opened[seal.code] = await asyncio.to_thread(self._open, seal)
            except KeyUnusable as error:
                failed[seal.code] = error
        self._known |= opened
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return opened, failed

    def drop(self, code: str) -> None:
        """Forget a seal that may no longer be used."""
        self._known.pop(code, None)

    def _open(self, seal: Seal) -> Material:
        signer = self._authority.open_signer(seal.certificate, seal.wrapped_key, seal.code)
        pdf = None
        if seal.pdf_key:
            key = self._authority.software.master.unwrap(seal.pdf_key, f"pdf:{seal.code}")
            url = self._pdf.time_stamps.url
            pdf = PdfSigner(seal.pdf_certificate, key, (self._pdf.certificate,), url)
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
