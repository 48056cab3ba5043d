"""What both processes are wired from: the authority with its keys, the makers, the desk."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from lib_service import Runtime
from svc_seal.authority import Authority, open_authority
from svc_seal.certificate.issuer import AuthorityListIssuer
from svc_seal.pdf_authority import PdfAuthority, TimeStamps, open_pdf_authority
from svc_seal.seal.commands import Making
from svc_seal.seal.maker import AuthorityMaker
from svc_seal.settings import Settings
from svc_seal.uow import SealUnitOfWork
from svc_seal.use.cabinet import KeyCabinet
from svc_seal.use.desk import SealingDesk, open_desk


@dataclass(frozen=True)
class Parts:
    """The parts, opened. `work` gives units of work."""

    work: Callable[[], SealUnitOfWork]
    authority: Authority
    pdf: PdfAuthority
    making: Making
    desk: SealingDesk


@asynccontextmanager
async def open_parts(runtime: Runtime, settings: Settings) -> AsyncGenerator[Parts]:
    """Open the keys and run a desk while the block lasts."""
    now = runtime.clock.now()
    authority = open_authority(settings.keys_dir, now, settings)
    stamps = TimeStamps.of(settings.pdf_tsa_url, settings.pdf_tsa_roots_file)
    pdf = open_pdf_authority(settings.keys_dir, authority.software, now, settings.public_origin, stamps)
    making = Making(AuthorityMaker(authority), AuthorityListIssuer(authority))
    cabinet = KeyCabinet(authority, pdf)

    def work() -> SealUnitOfWork:
        return SealUnitOfWork(runtime.sessions, nudge=runtime.relay.nudge)

    threads = settings.signing_threads
    async with open_desk(work, runtime.reading, cabinet, pdf, runtime.clock, threads) as desk:
        yield Parts(work, authority, pdf, making, desk)
