"""The year's ratings and complaints in svc-complaint, the complaints through their own lifecycle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from history.copying import copy_in, loading, rows_of
from history.courses import CITY, SEED, YEAR, Course, End, courses
from history.office import Office, dice_of, id_at
from history.people import ID_CARD, INHABITANTS, person

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, person_id
from svc_complaint.complaint_case.commands import CONTENT, NOTE
from svc_complaint.complaint_case.domain import SYSTEM, Case, format_case_number
from svc_complaint.complaint_case.intake import FIELDS
from svc_complaint.complaint_case.store import case_counter, complaint_case
from svc_complaint.database import AUDIT
from svc_complaint.directory.domain import division_of
from svc_complaint.kind import store as kinds
from svc_complaint.kind.domain import CaseKind
from svc_complaint.kind.domain import Status as Standing
from svc_complaint.rating.commands import BAD_RATING
from svc_complaint.rating.domain import LEVELS, Rating, Status
from svc_complaint.rating.store import rating as rating_table
from svc_complaint.settings import Settings

RATED = 0.796
LEVEL_SHARES = {5: 900, 4: 78, 3: 14, 2: 5, 1: 3}
HALL_DEPARTMENT = "114104000051843717"
# Beside the bad ratings, which open a case by themselves.
COMPLAINTS = {"could_not_get_it_done": 42, "difficult_problem": 4, "consultation": 34, "suggestion": 19}
SAID = {
    "could_not_get_it_done": ("跑了三趟还没办成，窗口说系统里查不到", "材料交齐了，一直没有受理"),
    "difficult_problem": ("小区房产证多年办不下来", "老宅基地登记资料不全，办不了证"),
    "consultation": ("想问异地医保怎么备案", "问一下营业执照变更要带什么"),
    "suggestion": ("建议大厅周末也开放取件", "建议自助机增加打印社保清单"),
}
REPLIES = ("已联系办事人当场办结", "已核实情况并督促窗口改进，回访满意", "已答复办理方式和所需材料")


async def load_ratings(settings: Settings, key: bytes, last: date) -> int:
    """Write the year's ratings and complaints unless they are there; return how many ratings."""
    async with loading(settings.database_url, AUDIT, last) as year:
        if year.is_done:
            return 0
        known = {kind.code: kind for kind in await kinds.newest(year.session)}
        desk = Bureau(settings, key, last, known)
        ratings = [desk.rating(one) for one in courses(last) if one.end is End.DELIVERED]
        desk.complaints()
        await copy_in(year.session, rating_table, rows_of(rating_table, ratings))
        await copy_in(year.session, complaint_case, rows_of(complaint_case, desk.cases))
        await copy_in(year.session, case_counter, desk.counters())
        year.rows = len(ratings)
    return year.rows


@dataclass
class Bureau:
    """Collects ratings and settles complaints as they were."""

    settings: Settings
    key: bytes
    last: date
    kinds: Mapping[str, CaseKind]
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cipher = FieldCipher.from_file(self.settings.field_keys_file)
        self._dice: Random = dice_of(SEED, "ratings")
        first = self.last - timedelta(days=YEAR - 1)
        self._first = first
        self._office = Office(first, self.last, self._dice)
        self._counts: dict[str, int] = {}
        text = (CITY / "complaint" / "rating_tags.json").read_text(encoding="utf-8")
        self._tags: dict[int, list[str]] = {}
        for tag in json.loads(text):
            self._tags.setdefault(tag["level"], []).append(tag["name"])

    def rating(self, course: Course) -> Rating:
        """Return the rating of a delivered application."""
        found = Rating.invite(
            service_key=f"service:{course.id}",
            person_id=self._person(course.person.number),
            service_name=course.thing.name,
            item_code=course.thing.code,
            department=course.thing.department,
            service_point=course.service_point,
            now=course.ended_at,
            days=self.settings.rating_days,
        )
        found.id = id_at(course.ended_at, self._dice)
        at = course.ended_at + timedelta(minutes=self._dice.expovariate(1 / 300))
        if self._dice.random() < RATED and self._is_past(at):
            self._rate(found, course, at)
        elif found.closes_at is not None and self._is_past(found.closes_at):
            found.status = Status.EXPIRED
        return found

    def complaints(self) -> None:
        """Settle what people complained about otherwise."""
        for code, count in COMPLAINTS.items():
            for _ in range(count):
                day = self._first + timedelta(days=self._dice.randrange(YEAR - 40))
                received = self._office.within(day)
                who = person(self._dice.randrange(INHABITANTS))
                text = self._dice.choice(SAID[code])
                hall = self._dice.choice(("410400-HALL", "410402-HALL", "410425-HALL", "410422-HALL"))
                self._settle(
                    code, received, text, self._person(who.number), HALL_DEPARTMENT, service_point=hall
                )

    def counters(self) -> list[dict[str, Any]]:
        """Return the last case number of each day."""
        return [{"day": day, "last": last} for day, last in sorted(self._counts.items())]

    def _rate(self, found: Rating, course: Course, at: datetime) -> None:
        [level] = self._dice.choices(tuple(LEVEL_SHARES), tuple(LEVEL_SHARES.values()))
        # A case of the last days would still be open: who came then was content.
        is_recent = at.date() > self.last - timedelta(days=30)
        level = 5 if level < 3 and is_recent else level
        tags = [self._dice.choice(self._tags[level])]
        channel = course.channel if course.channel in {"mobile", "pc"} else "mobile"
        found.submit(level, tags, None, channel, at)
        if found.is_bad:
            text = f"{found.service_name}：{LEVELS[level]}。{tags[0]}；（未填写意见）"
            fields = {"level": level, "tags": tags}
            found.case_id = self._settle(
                BAD_RATING,
                at,
                text,
                found.person_id,
                found.department,
                fields=fields,
                item_code=found.item_code,
                service_point=found.service_point,
            ).id

    def _settle(
        self,
        code: str,
        at: datetime,
        text: str,
        person: str,
        department: str,
        *,
        fields: Mapping[str, Any] | None = None,
        **facts: Any,
    ) -> Case:
        kind, handler = self.kinds[code], f"s_handler_{department[-6:]}"
        case = Case.receive(
            kind,
            at,
            id=id_at(at, self._dice),
            case_number=self._number(kind, at),
            channel="mobile",
            person_id=person,
            content=self._cipher.encrypt(text, context=CONTENT),
            fields=self._cipher.encrypt(json.dumps(fields), context=FIELDS) if fields else None,
            division=division_of(facts.get("service_point")),
            **facts,
        )
        accepted = self._office.moment(at)
        case.triage(kind, SYSTEM, at, "attitude" if code == BAD_RATING else "waiting", None)
        case.dispatch(kind, SYSTEM, at, department, None)
        case.accept(kind, handler, accepted)
        self._work_on(case, kind, handler, accepted)
        self.cases.append(case)
        return case

    def _work_on(self, case: Case, kind: CaseKind, handler: str, accepted: datetime) -> None:
        begun = accepted + timedelta(minutes=self._dice.uniform(3, 20))
        if Standing.IN_PROGRESS in kind.moves[case.status]:
            case.start(kind, handler, begun)
        if kind.code == "consultation":
            solved = begun + timedelta(minutes=self._dice.uniform(10, 90))
        else:
            solved = self._office.moment(begun, 9 if kind.difficult else self._dice.choice((0, 1, 1, 2, 3)))
        if kind.call_back:
            called = begun + timedelta(minutes=self._dice.uniform(15, 50))
            case.verify(handler, called, self._dice.choice(("true", "partly")), None)
            case.call_back(handler, called, reached=True, content=None, note=None)
        reply = self._cipher.encrypt(self._dice.choice(REPLIES), context=NOTE)
        case.resolve(kind, handler, solved, reply)
        case.is_overdue = solved > case.due_at
        if self._dice.random() < 0.8:
            case.confirm(kind, case.person_id or "", solved + timedelta(hours=self._dice.uniform(1, 60)))
        else:
            case.close(kind, SYSTEM, kind.due("confirm", solved) or solved, None)

    def _number(self, kind: CaseKind, at: datetime) -> str:
        day = at.astimezone(CITY_ZONE).strftime("%Y%m%d")
        self._counts[day] = self._counts.get(day, 0) + 1
        return format_case_number(kind.prefix, day, self._counts[day])

    def _person(self, number: str) -> str:
        return person_id(self.key, ID_CARD, number)

    def _is_past(self, moment: datetime) -> bool:
        return moment.astimezone(CITY_ZONE).date() <= self.last
