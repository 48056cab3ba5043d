"""Propose and decide: one person says what is to happen, another one makes it so."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from lib_contracts.license import LicenseResumed, LicenseRevoked, LicenseSuspended
from lib_kernel import CITY_ZONE, Clock, Invalid, move
from lib_kernel import person_id as person_id_of
from svc_license.decision.domain import ALONE, Action, Decision, DecisionOpen, NotRenewable
from svc_license.decision.ports import UnitOfWork
from svc_license.kind.domain import Kind, Rule
from svc_license.kind.form import check_fields
from svc_license.kind.page import check_printable, holder_number_kind
from svc_license.license.domain import NEXT, SHOWN, License, NoSuchLicense, Source, Status
from svc_license.license.events import StandingEvent, standing_changed
from svc_license.license.ports import FieldCipher
from svc_license.license.text import LicenseText, read_text, write_text

LEADS_TO = {
    Action.SUSPENSION: Status.SUSPENDED,
    Action.RESUMPTION: Status.VALID,
    Action.REVOCATION: Status.REVOKED,
}


@dataclass(frozen=True)
class Proposal:
    """What a staff member wants. For an issue `text` and `wallet_number` say whose licence it becomes."""

    action: Action
    by: str
    reason: str
    license_id: UUID | None = None
    type_code: str | None = None
    text: LicenseText | None = None
    wallet_number: str | None = None


@dataclass(frozen=True)
class Deciding:
    """What decisions work with; `may` raises NotAllowed for a department that is not the caller's."""

    uow: UnitOfWork
    cipher: FieldCipher
    person_key: bytes
    clock: Clock
    may: Callable[[str], None]

    async def propose(self, wanted: Proposal) -> Decision:
        """Keep a proposal; a suspension takes effect at once.

        Raises:
            NoSuchLicense, NoSuchKind, DecisionOpen, IllegalMove, Invalid, NotRenewable: see there.
        """
        now = self.clock.now()
        async with self.uow as uow:
            license_, kind = await self._subject(wanted)
            proposed = Decision.propose(
                wanted.action,
                department=license_.department if license_ else kind.issuer,
                type_code=kind.code,
                license_id=license_.id if license_ else None,
                reason=wanted.reason,
                by=wanted.by,
                now=now,
            )
            self.may(proposed.department)
            self._prepare(proposed, wanted, license_, kind)
            await uow.decisions.add(proposed)
            if wanted.action in ALONE:
                proposed.approve(wanted.by, now)
                await self._carry_out(proposed)
            await uow.audit.note(wanted.by, f"license.{wanted.action}.proposed", str(proposed.id), now)
            await uow.commit(answer=proposed)
        return proposed

    async def approve(self, decision_id: UUID, by: str) -> Decision:
        """Carry a proposal out. Raises NoSuchDecision, SecondPersonNeeded, IllegalMove, DecisionOpen."""
        now = self.clock.now()
        async with self.uow as uow:
            found = await uow.decisions.lock(decision_id)
            self.may(found.department)
            found.approve(by, now)
            await self._carry_out(found)
            await uow.audit.note(
                by, f"license.{found.action}.approved", str(found.result_id or found.license_id), now
            )
            await uow.commit()
        return found

    async def reject(self, decision_id: UUID, by: str, remark: str) -> Decision:
        """Drop a proposal. Raises NoSuchDecision, SecondPersonNeeded, IllegalMove."""
        now = self.clock.now()
        async with self.uow as uow:
            found = await uow.decisions.lock(decision_id)
            self.may(found.department)
            found.reject(by, remark, now)
            await uow.audit.note(by, f"license.{found.action}.rejected", str(found.id), now)
            await uow.commit()
        return found

    async def cancel(self, license_id: UUID, by: str, reason: str) -> License:
        """Give up a draft that cannot be made. Raises NoSuchLicense, IllegalMove."""
        now = self.clock.now()
        async with self.uow as uow:
            license_ = await uow.licenses.lock(license_id)
            self.may(license_.department)
            license_.cancel(reason, now)
            await uow.audit.note(by, "license.cancelled", str(license_.id), now)
            await uow.commit()
        return license_

    async def _subject(self, wanted: Proposal) -> tuple[License | None, Kind]:
        if wanted.action is Action.ISSUE:
            if not wanted.type_code or wanted.text is None:
                raise Invalid("签发须说明证照类型、持证人和内容", field="type_code")
            return None, await self.uow.licenses.kind_of(wanted.type_code)
        if wanted.license_id is None:
            raise Invalid("须说明对哪个证照作出决定", field="license_id")
        license_ = await self.uow.licenses.lock(wanted.license_id)
        if license_.status not in SHOWN:
            raise NoSuchLicense
        return license_, await self.uow.licenses.kind_of(license_.type_code)

    def _prepare(self, proposed: Decision, wanted: Proposal, license_: License | None, kind: Kind) -> None:
        """Find out now what would fail at the approval, and keep what the licence is to say."""
        if license_ is None:
            self._prepare_text(proposed, wanted.text, wanted.wallet_number, kind)
        elif wanted.action is Action.CHANGE:
            if wanted.text is None:
                raise Invalid("变更须给出新的内容", field="fields")
            before = read_text(license_, self.cipher)
            changed = dataclasses.replace(
                wanted.text,
                holder_name=wanted.text.holder_name or before.holder_name,
                holder_number=wanted.text.holder_number or before.holder_number,
            )
            self._prepare_text(proposed, changed, None, kind)
            proposed.valid_until = license_.valid_until
        elif wanted.action is Action.RENEWAL:
            proposed.valid_until = self._renewed_until(license_, kind)
        else:
            move(license_.status, LEADS_TO[wanted.action], NEXT)
        if wanted.action in {Action.CHANGE, Action.RENEWAL} and license_ and not license_.holds():
            raise NotRenewable(f"状态 {license_.status.value} 的证照不能换发")

    def _prepare_text(
        self, proposed: Decision, text: LicenseText | None, wallet_number: str | None, kind: Kind
    ) -> None:
        if text is None:
            raise Invalid("缺少证照内容", field="fields")
        check_fields(kind.schema, text.fields)
        check_printable(kind, text.holder_name, text.fields)
        carrier = License.draft(
            application_id=None,
            type_code=kind.code,
            person_id="",
            department=kind.issuer,
            now=self.clock.now(),
        )
        write_text(carrier, text, self.cipher)
        proposed.holder_name, proposed.holder_number = carrier.holder_name, carrier.holder_number
        proposed.holder_index, proposed.fields = carrier.holder_index, carrier.fields
        number = wallet_number or text.holder_number
        proposed.person_id = person_id_of(self.person_key, holder_number_kind(number)[0], number)

    def _renewed_until(self, license_: License, kind: Kind) -> date:
        if kind.validity.rule is not Rule.YEARS:
            raise NotRenewable("只有按年限发放的证照可以延续")
        today = self.clock.now().astimezone(CITY_ZONE).date()
        ends = license_.valid_until
        begin = ends + timedelta(days=1) if ends is not None and ends >= today else today
        until = kind.validity.last_day(begin, {}, "")
        if until is None:
            raise NotRenewable
        return until

    async def _carry_out(self, found: Decision) -> None:
        now = self.clock.now()
        if found.action is Action.ISSUE:
            draft = License.draft(
                application_id=None,
                type_code=found.type_code,
                person_id=found.person_id or "",
                department=found.department,
                now=now,
                source=Source.STAFF,
            )
            await self._add(_with_text(draft, found), found)
            return
        if found.license_id is None:
            raise NoSuchLicense
        license_ = await self.uow.licenses.lock(found.license_id)
        if found.action in {Action.RENEWAL, Action.CHANGE}:
            if not license_.holds():
                raise NotRenewable(f"状态 {license_.status.value} 的证照不能换发")
            successor = license_.successor(now)
            successor.valid_until = found.valid_until
            await self._add(_with_text(successor, found) if found.fields else successor, found)
            return
        event = _change_standing(license_, found.action, found.reason, self.clock)
        self.uow.outbox.add(standing_changed(event, license_, now))
        await self.uow.exchange.enqueue(license_.id, now)

    async def _add(self, draft: License, found: Decision) -> None:
        if not await self.uow.licenses.add_draft(draft):
            raise DecisionOpen("该证照的换发正在办理")
        found.result_id = draft.id


def _with_text(draft: License, found: Decision) -> License:
    draft.say(
        holder_name=found.holder_name or "",
        holder_number=found.holder_number or "",
        holder_index=found.holder_index or "",
        fields=found.fields or "",
    )
    return draft


def _change_standing(license_: License, action: Action, reason: str, clock: Clock) -> type[StandingEvent]:
    now = clock.now()
    if action is Action.SUSPENSION:
        license_.suspend(reason, now)
        return LicenseSuspended
    if action is Action.RESUMPTION:
        license_.resume(reason, now)
        return LicenseResumed
    license_.revoke(reason, now)
    return LicenseRevoked
