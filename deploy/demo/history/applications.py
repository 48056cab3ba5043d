"""The year's applications in svc-catalog: each goes through the real lifecycle, at its course's moments."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from history.copying import copy_in, loading, rows_of
from history.courses import ANSWERS, BUNDLE, SEED, Course, End, Way, courses, load
from history.forms import fill
from history.office import dice_of
from history.people import ID_CARD

from lib_gm import FieldCipher
from lib_kernel import CITY_ZONE, person_id
from svc_catalog.application.domain import (
    RUNNING,
    SYSTEM,
    Application,
    Status,
    case_number,
    new_application,
)
from svc_catalog.application.materials import Material, Source
from svc_catalog.application.plan import CasePlan, plan_of_bundle, plan_of_item
from svc_catalog.application.store import application as application_table
from svc_catalog.application.submitting import ADDRESS, APPLICANT, FORM
from svc_catalog.bundle.store import planned
from svc_catalog.database import AUDIT
from svc_catalog.delivery.domain import Delivery, Method
from svc_catalog.delivery.store import delivery as delivery_table
from svc_catalog.handover.commands import CODE
from svc_catalog.settings import Settings
from svc_catalog.task.store import task as task_table

CARRIER = "ems"
LAW = "《中华人民共和国行政许可法》第三十八条"


async def load_applications(settings: Settings, key: bytes, last: date) -> int:
    """Write the year's applications unless they are there; return how many."""
    async with loading(settings.database_url, AUDIT, last) as year:
        if year.is_done:
            return 0
        plans = {item["code"]: plan_of_item(item, 1) for item in load("items")}
        plans[BUNDLE] = plan_of_bundle(await planned(year.session, BUNDLE, ANSWERS))
        clerk = Clerk(settings, key, plans)
        applications = [clerk.application(course) for course in courses(last)]
        tasks = [task for application in applications for task in application.tasks]
        await copy_in(year.session, application_table, rows_of(application_table, applications))
        await copy_in(year.session, task_table, rows_of(task_table, tasks))
        await copy_in(year.session, delivery_table, rows_of(delivery_table, clerk.deliveries))
        year.rows = len(applications)
    return year.rows


@dataclass
class Clerk:
    """Takes applications through their courses."""

    settings: Settings
    key: bytes
    plans: dict[str, CasePlan]
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cipher = FieldCipher.from_file(self.settings.field_keys_file)
        self._dice = dice_of(SEED)
        self._counts: dict[str, int] = {}
        self._names = {record["code"]: record["name"] for record in load("license_types")}

    def application(self, course: Course) -> Application:
        """Return the application at the end of its course."""
        found = self._handed_in(course)
        self._looked_at(found, course)
        if course.accepted_at is not None:
            self._decide(found, course)
        if found.status is Status.APPROVED:
            self._deliver(found, course)
        return found

    def _handed_in(self, course: Course) -> Application:
        plan, who = self.plans[course.thing.code], course.person
        clerk = f"s_clerk_{course.service_point}" if course.is_at_window else None
        said = {"name": who.name, "id_number": who.number, "phone": who.phone}
        form = fill(plan.form, who, course.submitted_at, self._dice)
        source = Source.WINDOW if course.is_at_window else Source.APPLICANT
        proof = "窗口核验原件" if course.is_at_window else "在线提交"
        found = new_application(
            plan,
            submitted_at=course.submitted_at,
            case_number=self._number(course.submitted_at),
            person_id=person_id(self.key, ID_CARD, who.number),
            service_point=course.service_point,
            appointment_id=None,
            channel=course.channel,
            applicant=self._encrypted(said, APPLICANT),
            form=self._encrypted(form, FORM),
            materials=[Material(needed.name, source, proof).as_data() for needed in plan.materials],
            answers=dict(ANSWERS) if course.thing.is_bundle else {},
            conveniences=list(course.conveniences),
            delivery_method=Method(course.way.value),
            submitted_by=clerk,
            consent_note="本人到窗口办理" if clerk else None,
            partner=course.partner,
        )
        found.id = course.id
        return found

    def _looked_at(self, found: Application, course: Course) -> None:
        clerk = f"s_clerk_{course.service_point}"
        if course.asked_at is not None and course.supplemented_at is not None:
            found.request_supplement(clerk, course.asked_at, "请补充：申请材料签字页", ["申请材料签字页"])
            found.supplement(found.person_id, course.supplemented_at, found.form, found.materials)
        if course.accepted_at is not None:
            found.accept(clerk, course.accepted_at)
        elif course.end is End.REJECTED:
            found.reject(clerk, course.ended_at, "申请事项依法不属于本机关职权范围")
        else:
            found.withdraw(found.person_id, course.ended_at)

    def _decide(self, found: Application, course: Course) -> None:
        for place, moment in enumerate(course.decided_at):
            self._show_cards(found, moment)
            is_last = place == len(course.decided_at) - 1
            ready = found.open_tasks(moment)
            for task in ready if is_last else ready[:1]:
                officer = f"s_officer_{task.department[-6:]}"
                if is_last and course.end is End.REFUSED:
                    found.refuse_task(task, officer, moment, "不符合法定条件", LAW)
                    return
                found.approve_task(task, officer, moment)
        for task in found.open_tasks(course.decided_at[-1]) if found.status in RUNNING else ():
            found.approve_task(task, f"s_officer_{task.department[-6:]}", course.decided_at[-1])

    def _show_cards(self, found: Application, moment: datetime) -> None:
        """Show what the duties would have shown by then."""
        if found.warn_at is not None and found.warned_at is None and moment > found.warn_at:
            found.warn(found.warn_at + timedelta(seconds=3))
        if found.due_at is not None and found.overdue_at is None and moment > found.due_at:
            found.show_red(found.due_at + timedelta(seconds=3))

    def _deliver(self, found: Application, course: Course) -> None:
        by, note = SYSTEM, "无证照结果，即时送达"
        if course.licence is not None and course.thing.license_type is not None:
            kept = {
                "license_type": course.thing.license_type,
                "license_id": str(course.licence.id),
                "number": course.licence.number,
                "name": self._names[course.thing.license_type],
                "issued_at": course.licence.issued_at.isoformat(),
            }
            found.keep_license(kept, "svc-license", course.licence.issued_at)
            by, note = "svc-license", f"电子证照 {course.licence.number}"
        if course.way is not Way.ELECTRONIC:
            by, note = self._hand_over(found, course)
        found.deliver(by, course.ended_at, note)

    def _hand_over(self, found: Application, course: Course) -> tuple[str, str]:
        clerk, method = f"s_clerk_{course.service_point}", Method(course.way.value)
        if method is Method.PICKUP:
            code = self._cipher.encrypt(f"{self._dice.randrange(10**6):06d}", context=CODE)
            paper = Delivery(found.id, method, None, code)
        else:
            who = course.person
            street = f"平顶山市建设路{self._dice.randint(1, 200)}号"
            address = {"receiver": who.name, "phone": who.phone, "address": street}
            paper = Delivery(found.id, method, self._encrypted(address, ADDRESS), None)
            sent = course.decided_at[-1] + timedelta(minutes=20)
            paper.send(CARRIER, f"EM{self._dice.randrange(10**9):09d}CN", sent)
        paper.hand_over(course.ended_at)
        self.deliveries.append(paper)
        return (clerk, "窗口领取") if method is Method.PICKUP else (found.person_id, "办事人确认收件")

    def _number(self, moment: datetime) -> str:
        day = moment.astimezone(CITY_ZONE).strftime("%Y%m%d")
        self._counts[day] = self._counts.get(day, 0) + 1
        return case_number(day, self._counts[day])

    def _encrypted(self, value: dict[str, Any], context: str) -> str:
        return self._cipher.encrypt(json.dumps(value, ensure_ascii=False), context=context)
