"""The sealing desk: uses of seals that wait at the same time share one transaction.

Signing runs in threads; checking, recording and committing a whole group costs the round trips of one. Each
use is one audit record, and an answer goes out only after its record is committed. While one group commits
the next one signs.
"""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lib_audit import Note
from lib_contracts.seal import DocumentSealed
from lib_db import Sessions
from lib_kernel import Clock, DomainError
from svc_seal.grant import store as grants
from svc_seal.grant.domain import Grant, UseNotGranted
from svc_seal.keys import KeyUnusable
from svc_seal.seal import store as seals
from svc_seal.seal.domain import NoSuchSeal, SealNotUsable, Standing
from svc_seal.use import store
from svc_seal.use.cabinet import KeyCabinet
from svc_seal.use.commands import PdfIssuer, prepare_pdf
from svc_seal.use.domain import Kind, SealUse, UseKeyTaken
from svc_seal.use.ports import Material, Order, Outcome, UnitOfWork

MOST_TOGETHER = 512
GROUPS_AT_ONCE = 2
WORTH_A_SECOND = 32
MOST_PDF_TOGETHER = 8
# A thread that comes back from SM2 to a busy event loop waits this long for the interpreter, some fifteen
# times in each document: with Python's own 5 ms the waiting takes many times longer than the work.
SWITCH_SECONDS = 0.0005


@dataclass(eq=False)
class _Case:
    """An order on its way to its outcome."""

    order: Order
    future: "asyncio.Future[Outcome]"
    # Taken at admission: what another group drops from the cabinet meanwhile does not concern this one.
    material: Material | None = None
    result: bytes = b""
    use: SealUse | None = None

    def close(self, outcome: Outcome) -> None:
        if not self.future.done():
            self.future.set_result(outcome)

    def refuse(self, error: DomainError) -> None:
        self.close(Outcome(error=error))

    @property
    def is_open(self) -> bool:
        return not self.future.done()


class _Lane:
    """Orders that wait, the groups of them under way, and the threads that work on them."""

    def __init__(self, threads: int, most_together: int) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="sealing")
        self.waiting: deque[_Case] = deque()
        self.groups: set[asyncio.Task[None]] = set()
        self._most_together = most_together

    def has_room(self) -> bool:
        """A group beside another pays only when it is large: small ones would each cost a transaction."""
        is_large = len(self.waiting) >= WORTH_A_SECOND
        return not self.groups or (len(self.groups) < GROUPS_AT_ONCE and is_large)

    def next_group(self) -> list[_Case]:
        """Return the orders that waited longest."""
        return [self.waiting.popleft() for _ in range(min(self._most_together, len(self.waiting)))]


class SealingDesk:
    """Uses seals for whoever asks. `open_desk` runs one."""

    def __init__(
        self,
        work: Callable[[], UnitOfWork],
        sessions: Sessions,
        cabinet: KeyCabinet,
        pdf: PdfIssuer,
        clock: Clock,
        threads: int,
    ) -> None:
        self._work = work
        self._sessions = sessions
        self._cabinet = cabinet
        self._pdf = pdf
        self._clock = clock
        # Digests are all SM2, which threads share out. An OFD file is half Python: two threads would take
        # the interpreter from each other, so documents grow by processes. A PDF file may take seconds: it
        # holds up other PDF files, never the rest.
        self._lanes = {
            Kind.DIGEST: _Lane(threads, MOST_TOGETHER),
            Kind.OFD: _Lane(1, MOST_TOGETHER),
            Kind.PDF: _Lane(1, MOST_PDF_TOGETHER),
        }
        self._change = asyncio.Event()

    async def use(self, orders: Sequence[Order]) -> list[Outcome]:
        """Use seals; each answer is given only after its audit record is committed."""
        loop = asyncio.get_running_loop()
        cases = [_Case(order, loop.create_future()) for order in orders]
        for case in cases:
            self._lanes[case.order.kind].waiting.append(case)
        self._change.set()
        return list(await asyncio.gather(*(case.future for case in cases)))

    async def serve(self) -> None:
        """Take groups of waiting orders until cancelled."""
        while True:
            await self._change.wait()
            self._change.clear()
            for lane in self._lanes.values():
                while lane.waiting and lane.has_room():
                    task = asyncio.create_task(self._serve_group(lane.next_group(), lane))
                    lane.groups.add(task)
                    task.add_done_callback(partial(self._end, lane))

    def _end(self, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.groups.discard(task)
        self._change.set()

    async def aclose(self) -> None:
        """Let groups under way finish; the threads end."""
        for lane in self._lanes.values():
            await asyncio.gather(*lane.groups, return_exceptions=True)
            lane.pool.shutdown()

    async def _serve_group(self, group: list[_Case], lane: _Lane) -> None:
        try:
            now = self._clock.now()
            await self._admit(group, now)
            await self._equip([case for case in group if case.is_open and case.order.kind is Kind.PDF])
            await self._perform([case for case in group if case.is_open], now, lane)
            await self._record([case for case in group if case.is_open], now)
        except Exception as error:
            for case in group:
                if case.is_open:
                    case.future.set_exception(error)

    async def _admit(self, group: list[_Case], now: datetime) -> None:
        """Refuse what may not be done, answer what was done before; open the keys that are needed."""
        codes = {case.order.seal_code for case in group}
        async with self._sessions() as session:
            standings = await seals.standings(session, codes)
            given = await grants.of_seals(session, codes)
            at_hand = self._cabinet.at_hand(standings)
            missing = await seals.some(session, standings.keys() - at_hand.keys())
            opened, unopened = await self._cabinet.open(missing)
            earlier = await store.of_keys(session, _keys(group))
        materials = at_hand | opened
        for case in group:
            try:
                self._check(case.order, standings, given, now)
                _check_opened(case.order, unopened)
            except DomainError as error:
                case.refuse(error)
                continue
            case.material = materials.get(case.order.seal_code)
            found = earlier.get(case.order.use_key or "")
            if found is not None:
                case.close(_earlier(case.order, found))

    def _check(
        self, order: Order, standings: dict[str, Standing], given: Sequence[Grant], now: datetime
    ) -> None:
        standing = standings.get(order.seal_code)
        if standing is None:
            raise NoSuchSeal(f"没有编码为 {order.seal_code} 的印章")
        covered = any(
            grant.seal_code == order.seal_code and grant.allows(order.actor, order.purpose, now)
            for grant in given
        )
        if not covered:
            raise UseNotGranted(f"未授权 {order.actor} 将此印章用于“{order.purpose}”")
        try:
            standing.check_usable(now)
        except SealNotUsable:
            self._cabinet.drop(order.seal_code)
            raise

    async def _equip(self, cases: list[_Case]) -> None:
        """Give a seal its PDF signer at the first PDF file it is to be set on."""
        for case in cases:
            code = case.order.seal_code
            if case.material is None or case.material.pdf is not None:
                continue
            await prepare_pdf(code, case.order.actor, uow=self._work(), issuer=self._pdf, clock=self._clock)
            async with self._sessions() as session:
                opened, _ = await self._cabinet.open(await seals.some(session, [code]))
            for other in cases:
                if other.order.seal_code == code:
                    other.material = opened.get(code, other.material)

    async def _perform(self, cases: list[_Case], now: datetime, lane: _Lane) -> None:
        """Do the work that needs keys, in threads, spread evenly."""
        loop = asyncio.get_running_loop()
        shares = [cases[index :: lane.threads] for index in range(lane.threads)]
        done = await asyncio.gather(
            *(loop.run_in_executor(lane.pool, self._share, share, now) for share in shares if share)
        )
        for case, error in (pair for share in done for pair in share):
            if isinstance(error, DomainError):
                case.refuse(error)
            elif case.is_open:
                case.future.set_exception(error)

    def _share(self, share: list[_Case], now: datetime) -> list[tuple[_Case, Exception]]:
        failed: list[tuple[_Case, Exception]] = []
        for case in share:
            try:
                self._do(case, now)
            except Exception as error:
                # A thread may not touch a future: the loop tells the caller.
                failed.append((case, error))
        return failed

    def _do(self, case: _Case, now: datetime) -> None:
        order, material = case.order, case.material
        if material is None:
            raise RuntimeError("an admitted case has its seal at hand")
        case.result = order.work(material, now)
        if order.use_key is not None:
            case.use = SealUse.of(
                use_key=order.use_key,
                seal_code=order.seal_code,
                purpose=order.purpose,
                caller=order.actor,
                document=case.result,
                now=now,
                kind=order.kind,
            )

    async def _record(self, cases: list[_Case], now: datetime) -> None:
        """Commit the group; when a seal was frozen meanwhile, what is left of it."""
        while cases and not await self._is_recorded(cases, now):
            cases = [case for case in cases if case.is_open]

    async def _is_recorded(self, cases: list[_Case], now: datetime) -> bool:
        """Commit uses, events, counts and one audit record for each; nothing when a seal is not usable."""
        async with self._work() as uow:
            # The files go in first: what every group needs, the seal's row and the end of the audit chain, is
            # then held for a moment only.
            kept = await uow.uses.add_new([case.use for case in cases if case.use is not None])
            standings = await uow.seals.lock_many({case.order.seal_code for case in cases})
            if not all([_is_still_usable(case, standings, now) for case in cases]):
                return False
            firsts = _firsts(cases, kept)
            for case in cases:
                if case.use is not None and case in firsts:
                    uow.outbox.add(_event(case.use))
            await uow.seals.count_uses(Counter(case.order.seal_code for case in cases), now)
            await uow.audit.note_all([_note(case, now, is_first=case in firsts) for case in cases])
            others = await uow.uses.of_keys(_keys(case for case in cases if case not in firsts))
            await uow.commit()
        for case in cases:
            if case.order.use_key is None:
                case.close(Outcome(signature=case.result))
            elif case in firsts:
                case.close(Outcome(use=case.use))
            else:
                case.close(_earlier(case.order, others[case.order.use_key]))
        return True


def _check_opened(order: Order, unopened: Mapping[str, KeyUnusable]) -> None:
    if order.seal_code in unopened:
        raise unopened[order.seal_code]


def _earlier(order: Order, found: SealUse) -> Outcome:
    """Return the first result of an occasion, to whoever had it: another's file is nobody else's to see."""
    if (found.caller, found.seal_code) != (order.actor, order.seal_code):
        return Outcome(error=UseKeyTaken())
    return Outcome(use=found)


def _keys(cases: Iterable[_Case]) -> set[str]:
    return {case.order.use_key for case in cases if case.order.use_key is not None}


def _firsts(cases: list[_Case], kept: set[str]) -> set[_Case]:
    """Return the cases that count: digests, and of each new occasion the one that was kept."""
    found: dict[str, _Case] = {}
    for case in cases:
        if case.order.use_key in kept:
            found.setdefault(case.order.use_key or "", case)
    return {case for case in cases if case.order.use_key is None} | set(found.values())


def _is_still_usable(case: _Case, standings: dict[str, Standing], now: datetime) -> bool:
    """Return whether a case stands: a seal frozen since it was admitted signs nothing that leaves here."""
    try:
        standings[case.order.seal_code].check_usable(now)
    except SealNotUsable as error:
        case.refuse(error)
        return False
    return True


def _note(case: _Case, now: datetime, *, is_first: bool) -> Note:
    order = case.order
    facts = {"kind": order.kind.value, "purpose": order.purpose, **(order.facts or {})}
    if case.use is not None:
        facts["digest"] = case.use.digest
    if not is_first:
        # The key was used, but another use of the same occasion was kept and this one thrown away.
        facts["discarded"] = "true"
    return Note(order.actor, "seal.use", order.seal_code, now, facts)


def _event(use: SealUse) -> DocumentSealed:
    return DocumentSealed(use_id=use.id, seal_code=use.seal_code, digest=use.digest, sealed_at=use.sealed_at)


@asynccontextmanager
async def open_desk(
    work: Callable[[], UnitOfWork],
    sessions: Sessions,
    cabinet: KeyCabinet,
    pdf: PdfIssuer,
    clock: Clock,
    threads: int,
) -> AsyncGenerator[SealingDesk]:
    """Run a desk while the block lasts."""
    sys.setswitchinterval(SWITCH_SECONDS)
    desk = SealingDesk(work, sessions, cabinet, pdf, clock, threads)
    serving = asyncio.create_task(desk.serve())
    try:
        yield desk
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await desk.aclose()
