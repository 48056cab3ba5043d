"""What the notifier tells a citizen, in Chinese, when something happens."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from lib_contracts import Event
from lib_contracts.booking import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRescheduled,
    ReminderDue,
    TicketCalled,
    WaitlistLapsed,
    WaitlistOffered,
)
from lib_contracts.catalog import (
    ApplicationAccepted,
    ApplicationApproved,
    ApplicationDelivered,
    ApplicationRefused,
)
from lib_contracts.complaint import CaseResolved, RatingInvited
from lib_contracts.license import LicenseIssued, LicenseRead
from lib_kernel import CITY_ZONE


class Text(NamedTuple):
    """A message's heading and text."""

    title: str
    text: str


def _when(moment: datetime) -> str:
    return moment.astimezone(CITY_ZONE).strftime("%m月%d日 %H:%M")


def _booked(e: AppointmentBooked) -> Text:
    return Text("预约成功", f"您已预约{_when(e.starts_at)}到{e.service_point_name}办理业务。")


def _cancelled(e: AppointmentCancelled) -> Text:
    return Text("预约已取消", f"您{_when(e.starts_at)}在{e.service_point_name}的预约已取消。")


def _rescheduled(e: AppointmentRescheduled) -> Text:
    before = f"{_when(e.from_starts_at)}在{e.from_service_point_name}"
    return Text("改约成功", f"您{before}的预约已改为{_when(e.starts_at)}到{e.service_point_name}。")


def _offered(e: WaitlistOffered) -> Text:
    place, until = f"{_when(e.starts_at)}{e.service_point_name}", _when(e.offered_until)
    return Text("候补有号", f"您候补的{place}已有号，请在{until}前确认预约，逾期将让给下一位。")


def _lapsed(e: WaitlistLapsed) -> Text:
    return Text("候补已结束", f"您候补的{_when(e.starts_at)}{e.service_point_name}未能约上，请选择其他时段。")


def _reminder(e: ReminderDue) -> Text:
    return Text("预约提醒", f"您预约了{_when(e.starts_at)}到{e.service_point_name}办理业务，请按时前往取号。")


def _called(e: TicketCalled) -> Text:
    return Text("请到窗口办理", f"{e.number}号请到{e.service_point_name}{e.window}办理。")


def _accepted(e: ApplicationAccepted) -> Text:
    return Text(
        "申请已受理", f"您的“{e.item_name}”已受理，办件编号{e.case_number}，{_when(e.due_at)}前办结。"
    )


def _approved(e: ApplicationApproved) -> Text:
    return Text("申请已通过", f"您的“{e.item_name}”（{e.case_number}）已审批通过。")


def _refused(e: ApplicationRefused) -> Text:
    return Text("申请未通过", f"您的“{e.item_name}”（{e.case_number}）未予许可，原因请在办件详情中查看。")


def _delivered(e: ApplicationDelivered) -> Text:
    return Text("办件已办结", f"您的“{e.item_name}”（{e.case_number}）已办结。")


def _issued(e: LicenseIssued) -> Text:
    return Text("电子证照已签发", f"您的“{e.license_name}”已签发，可在“我的证照”中查看。")


def _read(e: LicenseRead) -> Text:
    return Text("证照被查验", f"{e.reader}经您授权查验了您的“{e.license_name}”，用途：{e.purpose}。")


def _invited(e: RatingInvited) -> Text:
    return Text("请您评价", f"请对“{e.service_name}”的服务作出评价。")


def _resolved(e: CaseResolved) -> Text:
    return Text("诉求已办理", f"您的诉求{e.case_number}已办理，请确认是否解决。")


WRITERS: dict[type[Event], Callable[[Any], Text]] = {
    AppointmentBooked: _booked,
    AppointmentCancelled: _cancelled,
    AppointmentRescheduled: _rescheduled,
    WaitlistOffered: _offered,
    WaitlistLapsed: _lapsed,
    ReminderDue: _reminder,
    TicketCalled: _called,
    ApplicationAccepted: _accepted,
    ApplicationApproved: _approved,
    ApplicationRefused: _refused,
    ApplicationDelivered: _delivered,
    LicenseIssued: _issued,
    LicenseRead: _read,
    RatingInvited: _invited,
    CaseResolved: _resolved,
}


def write(event: Event) -> Text:
    """Return what to tell about an event. Raises KeyError when nothing is told about its type."""
    return WRITERS[type(event)](event)
