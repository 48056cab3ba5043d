"""Tells the province what changed, and compares notes once a day."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog

from lib_db import Sessions
from lib_kernel import CITY_ZONE, Clock
from svc_license.exchange import store
from svc_license.exchange.domain import (
    STATUS_CODES,
    ProvinceRefused,
    ProvinceUnavailable,
    Reconciliation,
    compare,
    pause_after,
)
from svc_license.exchange.ports import Province
from svc_license.kind import store as kinds
from svc_license.kind.page import holder_number_kind
from svc_license.license import store as licenses
from svc_license.license.domain import License
from svc_license.license.ports import FieldCipher
from svc_license.license.text import read_text

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Exchanging:
    """What the exchange works with."""

    sessions: Sessions
    province: Province
    cipher: FieldCipher
    clock: Clock

    async def send_once(self) -> bool:
        """Tell the province one thing; return whether there was one to tell and it was told."""
        now = self.clock.now()
        async with self.sessions.begin() as session:
            entry = await store.claim(session, now, now + LEASE)
        if entry is None:
            return False
        async with self.sessions() as session:
            license_ = await licenses.one(session, entry.license_id)
            issuer = (await kinds.one(session, license_.type_code)).issuer_name
        content = self._content(license_, issuer)
        try:
            await self.province.report(content)
        except ProvinceRefused as refusal:
            log.warning("exchange.parked", seq=entry.seq, status=refusal.status)
            async with self.sessions.begin() as session:
                await store.park(session, entry.seq, f"省级平台拒绝，状态 {refusal.status}")
            return True
        except ProvinceUnavailable as error:
            log.warning("exchange.put_off", seq=entry.seq, attempts=entry.attempts, error=error.code)
            async with self.sessions.begin() as session:
                await store.put_off(session, entry.seq, now + pause_after(entry.attempts))
            return False
        async with self.sessions.begin() as session:
            await store.mark_sent(session, entry.seq, content["ZZBS"], content["ZZZT"], now)
        return True

    async def reconcile_once(self) -> bool:
        """Compare yesterday with the province, once; what it lacks is sent again."""
        now = self.clock.now()
        today = now.astimezone(CITY_ZONE).date()
        day = today - timedelta(days=1)
        async with self.sessions() as session:
            if await store.has_report(session, day):
                return False
        theirs = await self.province.received(day)
        begin = datetime.combine(day, time(), CITY_ZONE)
        async with self.sessions.begin() as session:
            sent = await store.sent_between(session, begin, begin + timedelta(days=1))
            missing, unknown, different = compare({n: status for n, (status, _) in sent.items()}, theirs)
            waiting, parked = await store.open_counts(session)
            await store.keep_report(
                session, Reconciliation(day, now, len(sent), waiting, parked, missing, unknown, different)
            )
            again = [sent[number][1] for number in [*missing, *different]]
            await store.ExchangeStore(session).enqueue_many(again, now)
        log.info("exchange.reconciled", day=str(day), missing=len(missing), different=len(different))
        return False

    def _content(self, license_: License, issuer: str) -> dict[str, str]:
        said = read_text(license_, self.cipher)
        code, meaning = holder_number_kind(said.holder_number)
        return {
            "ZZBS": license_.number or "",
            "ZZMC": license_.name,
            "ZZLXDM": license_.type_code,
            "ZZZT": STATUS_CODES[license_.status],
            "CZZT": said.holder_name,
            "CZZTDM": said.holder_number,
            "CZZTDMLX": meaning,
            "CZZTDMLXDM": code,
            "ZZBFJG": issuer,
            "ZZBFJGDM": license_.department,
            "ZZBFRQ": license_.valid_from.isoformat() if license_.valid_from else "",
            "ZZYXQJZRQ": license_.valid_until.isoformat() if license_.valid_until else "",
        }
