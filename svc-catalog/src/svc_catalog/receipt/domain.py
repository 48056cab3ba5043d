"""Which documents an application has brought about, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lib_kernel import CITY_ZONE, NotFound

REMEDY = (
    "如对本决定不服，可以自收到本决定书之日起六十日内依法申请行政复议，"
    "或者自收到之日起六个月内依法向人民法院提起行政诉讼。"
)


class Kind(StrEnum):
    """The kinds of documents."""

    SUBMISSION = "submission"
    SUPPLEMENT = "supplement"
    ACCEPTANCE = "acceptance"
    REJECTION = "rejection"
    APPROVAL = "approval"
    REFUSAL = "refusal"


TITLES = {
    Kind.SUBMISSION: "收件回执",
    Kind.SUPPLEMENT: "补正材料一次性告知书",
    Kind.ACCEPTANCE: "受理通知书",
    Kind.REJECTION: "不予受理通知书",
    Kind.APPROVAL: "准予许可决定书",
    Kind.REFUSAL: "不予许可决定书",
}
BY_STATUS = {
    "supplement_requested": Kind.SUPPLEMENT,
    "accepted": Kind.ACCEPTANCE,
    "rejected": Kind.REJECTION,
    "approved": Kind.APPROVAL,
    "refused": Kind.REFUSAL,
}


class NoSuchReceipt(NotFound):
    """The application has not brought this document about."""

    code = "receipt-not-found"
    title = "该办件没有这份文书"


@dataclass(frozen=True)
class Case:
    """What documents say of an application; names as the reader knows them."""

    case_number: str
    item_name: str
    department_name: str
    applicant_name: str
    applicant_number: str
    submitted_at: datetime
    due_at: datetime | None
    promised_days: int
    told: Sequence[str]
    legal_ground: str | None
    materials: Sequence[str]
    steps: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Receipt:
    """A document: heading, number, addressee, paragraphs, who signs and when."""

    title: str
    number: str
    addressee: str
    paragraphs: Sequence[str]
    signed_by: str
    signed_at: datetime
    case_number: str


def available(submitted_at: datetime, steps: Sequence[Mapping[str, Any]]) -> dict[Kind, datetime]:
    """Return the documents there are, each with the time of the step that brought it about last."""
    found = {Kind.SUBMISSION: submitted_at}
    before = ""
    for step in steps:
        kind = BY_STATUS.get(step["status"])
        if kind is not None and step["status"] != before:
            found[kind] = datetime.fromisoformat(step["at"])
        before = step["status"]
    return found


def receipt_of(kind: Kind, case: Case) -> Receipt:
    """Return a document. Raises NoSuchReceipt."""
    issued = available(case.submitted_at, case.steps).get(kind)
    if issued is None:
        raise NoSuchReceipt
    write = {
        Kind.SUBMISSION: _submission,
        Kind.SUPPLEMENT: _supplement,
        Kind.ACCEPTANCE: _acceptance,
        Kind.REJECTION: _rejection,
        Kind.APPROVAL: _approval,
        Kind.REFUSAL: _refusal,
    }[kind]
    return Receipt(
        title=TITLES[kind],
        number=f"办件编号：{case.case_number}",
        addressee=f"{case.applicant_name}（公民身份号码 {case.applicant_number}）：",
        paragraphs=write(case, _note(kind, case)),
        signed_by=case.department_name,
        signed_at=issued,
        case_number=case.case_number,
    )


def _submission(case: Case, _note: str) -> list[str]:
    return [
        f"您于{_day(case.submitted_at)}提交的“{case.item_name}”申请已收到。收到的材料："
        + ("；".join(case.materials) or "无需提交材料")
        + "。",
        "本机关将自收到申请之日起五个工作日内作出是否受理的决定；需要补正的，一次性告知全部内容，"
        "逾期不告知的，自收到申请之日起即为受理。",
    ]


def _supplement(case: Case, note: str) -> list[str]:
    listed = [f"{number}．{name}" for number, name in enumerate(case.told, 1)]
    return [
        f"您提交的“{case.item_name}”申请，材料不齐全或者不符合法定形式。依据《中华人民共和国行政许可法》"
        "第三十二条第一款第四项，现将需要补正的全部内容一次性告知如下：",
        *listed,
        *([f"说明：{note}"] if note and [note] != list(case.told) else []),
        "请补正后重新提交。补正所需时间不计入办理时限。",
    ]


def _acceptance(case: Case, _note: str) -> list[str]:
    due = f"，应于{_day(case.due_at)}前办结" if case.due_at else ""
    return [
        f"您于{_day(case.submitted_at)}提交的“{case.item_name}”申请，材料齐全、符合法定形式。"
        "依据《中华人民共和国行政许可法》第三十二条第一款第五项，决定予以受理。",
        f"本事项承诺办理时限为{case.promised_days}个工作日{due}。依法进行听证、检验、检测、鉴定、"
        "专家评审等所需时间不计入办理时限。",
        "您可凭办件编号在“豫事办”、政务服务网、自助终端或任一综合窗口查询办理进度。",
    ]


def _rejection(case: Case, note: str) -> list[str]:
    return [
        f"您于{_day(case.submitted_at)}提交的“{case.item_name}”申请，经审查，决定不予受理。",
        f"理由：{note}",
        REMEDY,
    ]


def _approval(case: Case, note: str) -> list[str]:
    return [
        f"您于{_day(case.submitted_at)}提出的“{case.item_name}”申请，经审查，符合法定条件、标准。"
        "依据《中华人民共和国行政许可法》第三十八条第一款，决定准予许可。",
        *([f"说明：{note}"] if note else []),
        "有证照结果的，自作出决定之日起十日内向您颁发、送达。",
    ]


def _refusal(case: Case, note: str) -> list[str]:
    return [
        f"您于{_day(case.submitted_at)}提出的“{case.item_name}”申请，经审查，决定不予许可。",
        f"理由：{note}",
        f"法律依据：{case.legal_ground or ''}",
        REMEDY,
    ]


def _note(kind: Kind, case: Case) -> str:
    notes = [step["note"] for step in case.steps if BY_STATUS.get(step["status"]) is kind]
    shown = [note for note in notes if note]
    return shown[0] if shown else ""


def _day(moment: datetime) -> str:
    day = moment.astimezone(CITY_ZONE).date()
    return f"{day.year}年{day.month}月{day.day}日"
