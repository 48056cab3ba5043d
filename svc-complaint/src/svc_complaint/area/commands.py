"""Receive a batch, complete it, split it, collect results, report up: nothing is lost on the way."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol
from uuid import UUID

from lib_kernel import Clock, Invalid, new_id
from lib_sheets import SheetUnreadable, read_rows
from svc_complaint.area.domain import (
    Batch,
    Person,
    RowsLeft,
    SheetInvalid,
    batches,
    explain,
    read_person,
    read_result,
)
from svc_complaint.area.ports import PersonRow, UnitOfWork
from svc_complaint.complaint_case.commands import SEALED, Desk, settle
from svc_complaint.complaint_case.intake import Receive, open_case
from svc_complaint.complaint_case.tidings import event
from svc_complaint.kind.domain import Status

KIND = "area_verification"
READ_AT_ONCE = 2000
REPORTED_AT_ONCE = 500
MOST_ERRORS = 1000


class FieldCipher(Protocol):
    """Encrypts and decrypts fields, and finds equal ones."""

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted for a column."""
        ...

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text."""
        ...

    def blind_index(self, text: str) -> str:
        """Return a keyed hash by which equal texts are found."""
        ...


@dataclass(frozen=True)
class Office:
    """What every command on batches works with."""

    uow: UnitOfWork
    cipher: FieldCipher
    clock: Clock
    by: str


def context(column: str) -> str:
    """Return the encryption context of a column of `area_person`."""
    return f"area_person.{column}"


@dataclass(frozen=True)
class ReadPersons:
    """A look at a batch's persons: of one division or all, the rows after one, `limit` of them or all."""

    batch_id: UUID
    division: str | None
    after: int = 0
    limit: int | None = None


async def read_persons(cmd: ReadPersons, action: str, office: Office) -> Sequence[PersonRow]:
    """Return persons of a batch, one more than asked for if there is one; the look is noted.

    Raises NoSuchBatch.
    """
    uow = office.uow
    async with uow:
        batch = await uow.areas.one(cmd.batch_id)
        limit = None if cmd.limit is None else cmd.limit + 1
        rows = await uow.areas.persons(batch.id, cmd.division, cmd.after, limit)
        facts = {"division": cmd.division or "", "rows": str(len(rows[: cmd.limit]))}
        await uow.audit.note(office.by, f"area.{action}", str(batch.id), office.clock.now(), facts)
        await uow.commit()
    return rows


async def receive(
    path: Path, order_number: str, sender: str, scopes: frozenset[str], office: Office
) -> Batch:
    """Take a batch in, all rows or none.

    Raises:
        SheetInvalid: a row is wrong; nothing was kept.
        BatchKnown: the order was received before.
    """
    now, uow = office.clock.now(), office.uow
    async with uow:
        fields = {"order_number": order_number, **({"from": sender} if sender else {})}
        command = Receive(
            kind=KIND,
            person_id=None,
            content=f"区域协查令 {order_number}",
            channel="staff",
            scopes=scopes,
            by=office.by,
            fields=fields,
        )
        case = await open_case(command, Desk(uow, office.cipher, office.clock))
        batch = Batch(new_id(), case.id, order_number, 0, now)
        await uow.areas.add(batch)
        batch.total = await _take_rows(path, batch.id, await uow.areas.counties(), office)
        facts = {"order": order_number, "total": str(batch.total)}
        await uow.audit.note(office.by, "area.receive", case.case_number, now, facts)
        await uow.commit(answer=batch)
    return batch


async def _take_rows(path: Path, batch_id: UUID, counties: Mapping[str, str], office: Office) -> int:
    rows, total, errors = _persons(path, counties), 0, list[tuple[int, str]]()
    while True:
        # Reading and encrypting a few thousand rows would hold the event loop up.
        good, bad = await asyncio.to_thread(_next_rows, rows, office.cipher)
        if not good and not bad:
            break
        errors += bad
        total += len(good)
        if good and not errors:
            await office.uow.areas.keep(batch_id, good)
        if len(errors) >= MOST_ERRORS:
            break
    if errors or not total:
        detail, facts = explain(errors) if errors else ("文件中没有人员", [])
        raise SheetInvalid(detail, field="body", rows=facts)
    return total


def _persons(path: Path, counties: Mapping[str, str]) -> Iterator[Person | tuple[int, str]]:
    try:
        for line, cells in read_rows(path):
            try:
                yield read_person(line, cells, counties)
            except ValueError as error:
                yield line, str(error)
    except SheetUnreadable as error:
        yield 1, str(error)


def _next_rows(
    rows: Iterator[Person | tuple[int, str]], cipher: FieldCipher
) -> tuple[list[tuple[object, ...]], list[tuple[int, str]]]:
    good: list[tuple[object, ...]] = []
    bad: list[tuple[int, str]] = []
    for row in islice(rows, READ_AT_ONCE):
        if isinstance(row, Person):
            good.append(_sealed(row, cipher))
        else:
            bad.append(row)
    return good, bad


def _sealed(person: Person, cipher: FieldCipher) -> tuple[object, ...]:
    return (
        person.row,
        cipher.encrypt(person.name, context=context("name")),
        cipher.encrypt(person.id_number, context=context("id_number")),
        cipher.blind_index(person.id_number),
        cipher.encrypt(person.phone, context=context("phone")),
        cipher.encrypt(person.address, context=context("address")),
        person.division,
    )


async def complete(batch_id: UUID, path: Path, office: Office) -> int:
    """Fill in divisions from a sheet with 序号 and 区划 (补全). Raises SheetInvalid."""
    uow = office.uow
    async with uow:
        batch = await uow.areas.lock(batch_id)
        counties = await uow.areas.counties()
        by_name = {name: code for code, name in counties.items()} | {code: code for code in counties}
        good: list[tuple[int, str]] = []
        errors: list[tuple[int, str]] = []
        for line, cells in await asyncio.to_thread(_read, path):
            code = by_name.get(cells.get("区划", ""))
            if code is None or not cells.get("序号", "").isdigit():
                errors.append((line, "须有序号和本市的区划"))
            else:
                good.append((int(cells["序号"]), code))
        _refuse(errors)
        changed = await uow.areas.complete(batch_id, good)
        facts = {"order": batch.order_number, "completed": str(changed)}
        await uow.audit.note(office.by, "area.complete", str(batch.id), office.clock.now(), facts)
        await uow.commit()
    return changed


async def split(batch_id: UUID, office: Office) -> list[str]:
    """Give every person to a county (分派); the counties become co-handlers. Raises RowsLeft."""
    now, uow = office.clock.now(), office.uow
    async with uow:
        batch = await uow.areas.lock(batch_id)
        divisions = await uow.areas.assign(batch_id)
        case = await uow.cases.lock(batch.case_id)
        kind = await uow.kinds.of_version(case.kind, case.kind_version)
        if divisions:
            if case.status in {Status.RECEIVED, Status.TRIAGED}:
                lead = case.department or next(
                    (s["department"] for s in case.suggested if s.get("rule")), None
                )
                if lead is None:
                    raise Invalid("没有牵头部门：请先派单", field="department")
                case.dispatch(kind, office.by, now, lead, None)
                uow.outbox.add(event("dispatch", case, now))
            case.join(office.by, now, divisions, None)
            await settle(case, kind, uow, now)
        facts = {"order": batch.order_number, "divisions": ",".join(divisions)}
        await uow.audit.note(office.by, "area.split", case.case_number, now, facts)
        await uow.commit()
    return divisions


async def give_back(batch_id: UUID, division: str, path: Path, office: Office) -> tuple[int, int]:
    """Take a county's results in; return how many rows took one and how many are left (回传).

    The county has answered when none is left. Rows of other counties are an error, not passed over.
    """
    now, uow = office.clock.now(), office.uow
    good, errors = [], list[tuple[int, str]]()
    for line, cells in await asyncio.to_thread(_read, path):
        try:
            row, result, note = read_result(cells)
            good.append((row, result, office.cipher.encrypt(note, context=context("note"))))
        except ValueError as error:
            errors.append((line, str(error)))
    if len({row for row, *_ in good}) != len(good):
        errors.append((1, "序号重复"))
    _refuse(errors)
    async with uow:
        batch = await uow.areas.lock(batch_id)
        taken = await uow.areas.give_back(batch_id, division, good, office.by, now)
        if taken != len(good):
            raise SheetInvalid(f"{len(good) - taken} 行不属于本区划或尚未分派", field="body")
        left = await uow.areas.left(batch_id, division)
        case = await uow.cases.lock(batch.case_id)
        if not left and division in case.awaiting:
            sealed = office.cipher.encrypt(f"{division} 已全部回传", context="complaint_case.steps")
            case.give_opinion(office.by, now, division, sealed)
        facts = {"order": batch.order_number, "division": division, "rows": str(taken), "left": str(left)}
        await uow.audit.note(office.by, "area.give_back", case.case_number, now, facts)
        await uow.commit()
    return taken, left


async def report(batch_id: UUID, office: Office, topic: str) -> int:
    """Report all results up, in parts that are sent until they are taken (上报). Raises RowsLeft."""
    now, uow = office.clock.now(), office.uow
    async with uow:
        batch = await uow.areas.lock(batch_id)
        if left := await uow.areas.left(batch_id):
            raise RowsLeft(f"{left} 人尚未回传", count=left)
        rows = {row: (result, note) for row, result, note in await uow.areas.report(batch_id, now)}
        for part in batches(rows.keys(), REPORTED_AT_ONCE):
            results = [
                {
                    "row": n,
                    "result": rows[n][0],
                    "note": office.cipher.decrypt(rows[n][1], context=context("note")),
                }
                for n in part
            ]
            body = {
                "order_number": batch.order_number,
                "first": part[0],
                "last": part[-1],
                "total": batch.total,
            }
            sealed = office.cipher.encrypt(
                json.dumps({"results": results}, ensure_ascii=False), context=SEALED
            )
            key = f"{batch.order_number}:{part[0]}-{part[-1]}"
            await uow.exchange.send(topic, key, batch.case_id, body, now, sealed=sealed)
        if rows:
            batch.reported_at = now
        case = await uow.cases.lock(batch.case_id)
        facts = {"order": batch.order_number, "rows": str(len(rows))}
        await uow.audit.note(office.by, "area.report", case.case_number, now, facts)
        await uow.commit()
    return len(rows)


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        return list(read_rows(path))
    except SheetUnreadable as error:
        raise SheetInvalid(str(error), field="body") from error


def _refuse(errors: list[tuple[int, str]]) -> None:
    if errors:
        detail, facts = explain(errors)
        raise SheetInvalid(detail, field="body", rows=facts)
