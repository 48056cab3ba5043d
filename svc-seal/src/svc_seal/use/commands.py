"""Seal a document, once per occasion."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from lib_contracts.seal import DocumentSealed
from lib_gm import Issued, sign_with_seal
from lib_kernel import Clock
from lib_ofd import NotOfd, Place, add_seal
from svc_seal.authority import Authority
from svc_seal.seal.domain import Seal
from svc_seal.use.domain import DocumentInvalid, SealUse
from svc_seal.use.ports import UnitOfWork


@dataclass(frozen=True)
class SealDocument:
    """Set a seal on an OFD document at a place; `use_key` names the occasion."""

    document: bytes
    seal_code: str
    purpose: str
    use_key: str
    place: Place
    caller: str


async def seal_document(cmd: SealDocument, *, uow: UnitOfWork, authority: Authority, clock: Clock) -> SealUse:
    """Seal a document; the same occasion gets its first result again.

    Use, event and audit record are one transaction.

    Raises:
        NoSuchSeal, SealNotUsable: see there.
        DocumentInvalid: it is no OFD that can be sealed.
    """
    now = clock.now()
    async with uow:
        earlier = await uow.uses.hold(cmd.use_key)
        if earlier is not None:
            return earlier
        seal = await uow.seals.lock(cmd.seal_code)
        seal.check_usable(now)
        sealed = await asyncio.to_thread(_apply, cmd, seal, authority, now)
        use = SealUse.of(
            use_key=cmd.use_key,
            seal_code=seal.code,
            purpose=cmd.purpose,
            caller=cmd.caller,
            document=sealed,
            now=now,
        )
        uow.uses.add(use)
        facts = {"purpose": cmd.purpose, "digest": use.digest}
        await uow.audit.note(cmd.caller, "seal.use", seal.code, now, facts)
        uow.outbox.add(DocumentSealed(use_id=use.id, seal_code=seal.code, digest=use.digest, sealed_at=now))
        await uow.commit()
    return use


def _apply(cmd: SealDocument, seal: Seal, authority: Authority, now: datetime) -> bytes:
    signer = Issued(seal.certificate, authority.unwrap(seal.wrapped_key, seal.code))

    def sign(digest: bytes, path: str) -> bytes:
        return sign_with_seal(seal.made, digest, path, signer, now)

    try:
        return add_seal(cmd.document, seal.made, cmd.place, now, sign)
    except NotOfd as error:
        raise DocumentInvalid(str(error)) from error
