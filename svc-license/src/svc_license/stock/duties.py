"""Runs imports, some rows at a time; killed anywhere, it goes on with the first row not committed."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, Clock, DomainError, LicenseNumber
from lib_sheets import SheetUnreadable, read_rows
from svc_license.kind.domain import Kind
from svc_license.kind.form import check_fields
from svc_license.kind.page import check_printable, holder_number_kind
from svc_license.license.domain import License, Source, Status, new_check_code
from svc_license.license.ports import Files
from svc_license.license.text import LicenseText, write_text
from svc_license.person import PersonKey
from svc_license.stock.domain import LEASE, ImportJob, Standing, StockRow, read_row
from svc_license.stock.ports import UnitOfWork

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 500
ALREADY = "该原证号已经导入过，或在本文件中重复"
WRITTEN = (
    *("id", "type_code", "person_id", "department", "created_at", "series", "status", "name", "number"),
    *("holder_name", "holder_number", "holder_index", "fields", "issued_at", "valid_from", "valid_until"),
    *(
        "first_issued_on",
        "source",
        "external_number",
        "check_code",
        "attempts",
        "next_attempt_at",
        "status_at",
    ),
)

Rows = Iterator[tuple[int, dict[str, str]]]


@dataclass
class _Batch:
    last_row: int
    rows: dict[int, StockRow] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Importing:
    """What imports work with."""

    open_work: Callable[[], UnitOfWork]
    files: Files
    cipher: FieldCipher
    person_key: PersonKey
    clock: Clock
    rows_at_once: int = ROWS_AT_ONCE

    async def run_once(self) -> bool:
        """Take an import that no worker is at to its end; return whether there was one."""
        now = self.clock.now()
        async with self.open_work() as uow:
            job = await uow.imports.claim(now, now + LEASE)
            kind = await uow.licenses.kind_of(job.type_code) if job is not None else None
            await uow.commit()
        if job is None or kind is None:
            return False
        with tempfile.TemporaryDirectory(prefix="import-") as folder:
            path = Path(folder) / "stock"
            try:
                await self._assemble(job, path)
                await self._run(job, kind, path)
            except (SheetUnreadable, DomainError) as error:
                await self._fail(job, str(error))
        return True

    async def _assemble(self, job: ImportJob, path: Path) -> None:
        digest = hashlib.new("sm3")
        with path.open("wb") as out:
            for part in job.paths():
                data = await self.files.get(part)
                digest.update(data)
                await asyncio.to_thread(out.write, data)
        if digest.hexdigest() != job.digest:
            raise SheetUnreadable("文件摘要与提交时不符，请重新上传")

    async def _run(self, job: ImportJob, kind: Kind, path: Path) -> None:
        rows = read_rows(path)
        while True:
            batch = await asyncio.to_thread(self._read, rows, job.next_row, kind)
            if batch is None:
                break
            if not await self._write(job, kind, batch):
                return  # Our lease ran out and another worker goes on.
        async with self.open_work() as uow:
            locked = await uow.imports.lock(job.id)
            if locked.status is Standing.RUNNING:
                locked.finish(self.clock.now())
                await uow.audit.note(
                    job.approved_by or "", "import.finished", str(job.id), self.clock.now(), _figures(locked)
                )
            await uow.commit()

    def _read(self, rows: Rows, first: int, kind: Kind) -> _Batch | None:
        """Return the next rows, checked. Rows before `first` were taken over before a kill."""
        wanted = list(islice((row for row in rows if row[0] >= first), self.rows_at_once))
        if not wanted:
            return None
        batch = _Batch(wanted[-1][0])
        today = self.clock.now().astimezone(CITY_ZONE).date()
        seen: set[str] = set()
        for number, cells in wanted:
            try:
                row = read_row(cells, kind, today)
                check_fields(kind.schema, row.fields)
                check_printable(kind, row.holder_name, row.fields)
            except DomainError as error:
                batch.errors[number] = error.detail
                continue
            if row.external_number in seen:
                batch.errors[number] = ALREADY
                continue
            seen.add(row.external_number)
            batch.rows[number] = row
        return batch

    async def _write(self, job: ImportJob, kind: Kind, batch: _Batch) -> bool:
        """Commit a batch and where the next one begins; return whether the import is still ours."""
        now = self.clock.now()
        async with self.open_work() as uow:
            locked = await uow.imports.lock(job.id)
            if locked.status is not Standing.RUNNING or locked.next_row != job.next_row:
                return False
            year = now.astimezone(CITY_ZONE).year
            serials = await uow.licenses.next_serials(kind.issuer, year, max(1, len(batch.rows)))
            rows = await asyncio.to_thread(self._rows, list(batch.rows.values()), serials, kind, now)
            new = await uow.imports.add_licenses(rows)
            for number, row in batch.rows.items():
                if row.external_number not in new:
                    batch.errors[number] = ALREADY
            await uow.imports.add_errors(job.id, batch.errors)
            await uow.exchange.enqueue_many([r["id"] for r in rows if r["external_number"] in new], now)
            locked.advance(batch.last_row + 1, len(new), len(batch.errors), now)
            await uow.commit()
        job.next_row = batch.last_row + 1
        return True

    def _rows(
        self, rows: list[StockRow], serials: list[str], kind: Kind, now: datetime
    ) -> list[dict[str, Any]]:
        today = now.astimezone(CITY_ZONE).date()
        found = []
        for row, serial in zip(rows, serials, strict=False):
            id_type = holder_number_kind(row.keeper_number)[0]
            license_ = License.draft(
                application_id=None,
                type_code=kind.code,
                person_id=self.person_key.id_of(row.keeper_number, id_type),
                department=kind.issuer,
                now=now,
                source=Source.IMPORT,
            )
            write_text(license_, LicenseText(row.holder_name, row.holder_number, row.fields), self.cipher)
            license_.name, license_.number = kind.name, LicenseNumber(kind.code, kind.issuer, serial).text
            license_.issued_at = datetime.combine(row.issued_on, time(), CITY_ZONE)
            license_.valid_from = license_.first_issued_on = row.issued_on
            license_.valid_until, license_.external_number = row.valid_until, row.external_number
            license_.check_code, license_.status_at = new_check_code(), now
            over = row.valid_until is not None and row.valid_until < today
            license_.status = Status.EXPIRED if over else Status.VALID
            found.append({name: getattr(license_, name) for name in WRITTEN})
        return found

    async def _fail(self, job: ImportJob, problem: str) -> None:
        log.warning("import.failed", job=str(job.id))
        async with self.open_work() as uow:
            locked = await uow.imports.lock(job.id)
            if locked.status is Standing.RUNNING:
                locked.fail(problem, self.clock.now())
            await uow.commit()


def _figures(job: ImportJob) -> dict[str, str]:
    return {"good": str(job.good), "bad": str(job.bad)}
