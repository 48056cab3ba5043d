"""The year's licences in svc-license: in force as data, drawn and sealed when somebody asks for the file."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from history.copying import copy_in, loading, rows_of
from history.courses import BANK, CITY, SEED, YEAR, Course, courses, load
from history.forms import fill
from history.office import Office, dice_of, id_at
from history.people import ID_CARD

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, LicenseNumber, person_id
from svc_license.database import AUDIT
from svc_license.kind.domain import Kind
from svc_license.kind.form import check_fields
from svc_license.kind.store import kind_from
from svc_license.license.domain import License, Status
from svc_license.license.store import license_serial, license_table
from svc_license.license.text import LicenseText, write_text
from svc_license.seed import kind_records
from svc_license.settings import Settings
from svc_license.usage.domain import Basis, Read, ReaderKind
from svc_license.usage.store import license_read

# Given by the database.
PLACE = frozenset({"list_index"})
READERS = (
    (ReaderKind.PARTNER, Basis.PRESENTED, BANK, "开户核验"),
    (ReaderKind.PARTNER, Basis.PRESENTED, BANK, "办理经营贷款"),
    (ReaderKind.STAFF, Basis.SERVICE, "s_clerk_410400-HALL", "窗口办事核验"),
)


async def load_licences(settings: Settings, key: bytes, last: date) -> int:
    """Write the year's licences and who read them, unless they are there; return how many licences."""
    async with loading(settings.database_url, AUDIT, last) as year:
        if year.is_done:
            return 0
        issuer = Issuer(settings, key, last)
        licences = [issuer.licence(one) for one in courses(last) if one.licence is not None]
        await copy_in(year.session, license_table, rows_of(license_table, licences, PLACE))
        await copy_in(year.session, license_read, rows_of(license_read, issuer.reads))
        await copy_in(year.session, license_serial, issuer.serials())
        year.rows = len(licences)
    return year.rows


class Issuer:
    """Issues licences as they were issued."""

    def __init__(self, settings: Settings, key: bytes, last: date) -> None:
        self._cipher = FieldCipher.from_file(settings.field_keys_file)
        self.key = key
        self._last = last
        self._dice = dice_of(SEED, "licences")
        self._office = Office(last - timedelta(days=YEAR), last, self._dice)
        self._kinds: dict[str, Kind] = {record["code"]: kind_from(record) for record in kind_records(CITY)}
        self._forms = {item["code"]: item["form"] for item in load("items")}
        self._last_serials: dict[tuple[str, int], int] = {}
        self.reads: list[Read] = []

    def licence(self, course: Course) -> License:
        """Return the licence of a course as it stands at the end of the last day."""
        if course.licence is None or course.thing.license_type is None:
            raise ValueError(f"no licence came out of {course.id}")
        kind, who, at = self._kinds[course.thing.license_type], course.person, course.licence.issued_at
        found = License.draft(
            application_id=course.id,
            type_code=kind.code,
            person_id=person_id(self.key, ID_CARD, who.number),
            department=course.thing.department,
            now=course.decided_at[-1],
            partner=course.partner,
        )
        found.id = found.series = course.licence.id
        said = fill(self._forms[course.thing.code], who, course.submitted_at, self._dice)
        fields = kind.known({name: str(value) for name, value in said.items()})
        check_fields(kind.schema, fields)
        write_text(found, LicenseText(who.name, who.number, fields), self._cipher)
        number, day = LicenseNumber.parse(course.licence.number), at.astimezone(CITY_ZONE).date()
        until = kind.validity.last_day(day, fields, who.number)
        found.fill(name=kind.name, number=number, now=at, valid_from=day, valid_until=until)
        found.status, found.status_at, found.next_attempt_at = Status.VALID, at, None
        if until is not None and until < self._last:
            found.expire(at)
        self._count(kind.issuer, day.year, int(number.serial[4:]))
        self._read(found.id, course)
        return found

    def serials(self) -> list[dict[str, Any]]:
        """Return the last serial of each issuer and year."""
        return [
            {"issuer": issuer, "year": year, "last": last}
            for (issuer, year), last in sorted(self._last_serials.items())
        ]

    def _count(self, issuer: str, year: int, serial: int) -> None:
        key = issuer, year
        self._last_serials[key] = max(serial, self._last_serials.get(key, 0))

    def _read(self, licence: UUID, course: Course) -> None:
        """Let some licences be shown at a bank or looked at in a hall some time after."""
        if self._dice.random() > 0.5:
            return
        kind, basis, reader, purpose = self._dice.choice(READERS)
        moment = self._office.moment(course.ended_at, self._dice.randint(0, 15))
        if moment.date() > self._last:
            return
        # What was scanned is forgotten soon after; its id stays with the read.
        scanned = id_at(moment, self._dice) if basis is Basis.PRESENTED else None
        read = Read(id_at(moment, self._dice), licence, reader, purpose, scanned, moment, kind, basis)
        self.reads.append(read)
