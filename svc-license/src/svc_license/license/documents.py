"""The file of a licence: as it was sealed, and as PDF and picture of the same page."""

import asyncio
from dataclasses import dataclass

from lib_gm import NotASeal, parse_seal
from lib_kernel import Unavailable
from lib_ofd import Place, read_signatures, render, render_pdf
from svc_license.license.domain import License
from svc_license.license.ports import Files


class DocumentBeingMade(Unavailable):
    """Old stock is valid as data at once; its file is made when there is time, or when it is asked for."""

    code = "license-document-being-made"
    title = "证照文件正在生成，请稍后再试"


@dataclass(frozen=True)
class Documents:
    """Files of licences."""

    files: Files

    async def ofd(self, license_: License) -> bytes:
        """Return the sealed file. Raises DocumentBeingMade."""
        if license_.document is None:
            raise DocumentBeingMade
        return await self.files.get(license_.document)

    async def png(self, license_: License) -> bytes:
        """Return a picture of the page with its seals. Raises DocumentBeingMade."""
        return await asyncio.to_thread(_png, await self.ofd(license_))

    async def pdf(self, license_: License) -> bytes:
        """Return the page as PDF: a copy to print, not the sealed original. Raises DocumentBeingMade."""
        return await asyncio.to_thread(_pdf, await self.ofd(license_))


def _png(document: bytes) -> bytes:
    return render(document, _seals(document))


def _pdf(document: bytes) -> bytes:
    return render_pdf(document, _seals(document))


def _seals(document: bytes) -> list[tuple[Place, bytes]]:
    found: list[tuple[Place, bytes]] = []
    for signature in read_signatures(document):
        try:
            picture = parse_seal(signature.seal).picture
        except NotASeal:
            continue  # Shown without it; whether the file is good is the verifier's word, not the picture's.
        found.extend((place, picture) for place in signature.places)
    return found
