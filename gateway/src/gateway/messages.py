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
    TicketClosed,
    TicketNear,
    TicketSkipped,
    TicketTransferred,
    WaitlistLapsed,
    WaitlistOffered,
)
from lib_contracts.catalog import (
    ApplicationAccepted,
    ApplicationApproved,
    ApplicationDelivered,
    ApplicationRefused,
    ApplicationSupplementRequested,
)
from lib_contracts.complaint import (
    CaseClosed,
    CaseExtended,
    CaseFollowed,
    CaseMerged,
    CaseReceived,
    CaseReopened,
    CaseReplied,
    CaseResolved,
    CaseSupervised,
    CaseTracked,
    DigestReady,
    RatingInvited,
    StaffAlerted,
)
from lib_contracts.license import (
    LicenseDelegated,
    LicenseExpired,
    LicenseIssued,
    LicensePresented,
    LicenseRead,
    LicenseResumed,
    LicenseRevoked,
    LicenseSuperseded,
    LicenseSuspended,
)
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


def _near(e: TicketNear) -> Text:
    wait = "" if e.expected_minutes is None else f"，预计还需约{e.expected_minutes}分钟"
    return Text("即将叫到您", f"{e.number}号前面还有{e.ahead}位{wait}，请在{e.service_point_name}等候。")


def _skipped(e: TicketSkipped) -> Text:
    return Text("您的号已过号", f"{e.number}号已过号，请到{e.service_point_name}窗口或咨询台重新排队。")


def _transferred(e: TicketTransferred) -> Text:
    where = e.to_window or "另一业务窗口"
    return Text("已为您转办", f"{e.number}号已转到{e.service_point_name}{where}，无需重新取号，请等候叫号。")


CLOSED_TEXTS = {
    "unserved": "因下班未能办理，请重新预约，给您带来不便敬请谅解",
    "missed_call": "因过号未到窗口已作废，如需办理请重新预约",
    "not_finished": "今日已结束，如未办妥请联系网点",
    "left": "已按您的要求取消排队",
}


def _closed(e: TicketClosed) -> Text:
    return Text(
        "排队号已结束", f"您在{e.service_point_name}的{e.number}号{CLOSED_TEXTS.get(e.reason, '已结束')}。"
    )


def _accepted(e: ApplicationAccepted) -> Text:
    return Text(
        "申请已受理", f"您的“{e.item_name}”已受理，办件编号{e.case_number}，{_when(e.due_at)}前办结。"
    )


def _supplement(e: ApplicationSupplementRequested) -> Text:
    return Text(
        "请补正材料", f"您的“{e.item_name}”（{e.case_number}）需要补正材料，须补内容请在办件详情中查看。"
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
    return Text("证照被查验", f"{e.reader}查验了您的“{e.license_name}”，用途：{e.purpose}。详情见用证记录。")


def _presented(e: LicensePresented) -> Text:
    return Text("证照已出示", f"您的“{e.license_name}”于{_when(e.presented_at)}被{e.verifier}扫码核验。")


def _suspended(e: LicenseSuspended) -> Text:
    return Text("证照被暂扣", f"您的“{e.license_name}”已被发证机关暂扣，原因请在证照详情中查看。")


def _resumed(e: LicenseResumed) -> Text:
    return Text("证照已恢复", f"您的“{e.license_name}”已恢复有效。")


def _revoked(e: LicenseRevoked) -> Text:
    return Text("证照已注销或吊销", f"您的“{e.license_name}”已失效，原因和救济途径请在证照详情中查看。")


def _expired(e: LicenseExpired) -> Text:
    return Text("证照已到期", f"您的“{e.license_name}”有效期已满，如需继续使用请办理延续。")


def _superseded(e: LicenseSuperseded) -> Text:
    return Text("证照已换发", f"您的“{e.license_name}”已换发新版本，旧版本不再有效。")


def _delegated(e: LicenseDelegated) -> Text:
    return Text(
        "有人请您代持证照", f"有人授权您出示其“{e.license_name}”至{_when(e.until)}，请在“代持证照”中确认。"
    )


def _invited(e: RatingInvited) -> Text:
    return Text("请您评价", f"请对“{e.service_name}”的服务作出评价。")


def _resolved(e: CaseResolved) -> Text:
    return Text("诉求已办理", f"您的诉求{e.case_number}已办理，请确认是否解决。")


def _case_received(e: CaseReceived) -> Text:
    return Text("诉求已受理", f"您的诉求已登记，编号{e.case_number}，我们会尽快办理。")


def _case_replied(e: CaseReplied) -> Text:
    return Text("诉求有新答复", f"您的诉求{e.case_number}有新的答复，请查看。")


def _case_extended(e: CaseExtended) -> Text:
    return Text("办理期限调整", f"您的诉求{e.case_number}需要更多时间，将在{_when(e.due_at)}前办理。")


def _case_supervised(e: CaseSupervised) -> Text:
    return Text("诉求已列入督办", f"您的诉求{e.case_number}已列入督办，正在督促办理。")


def _case_tracked(e: CaseTracked) -> Text:
    return Text("专人帮办", f"您的诉求{e.case_number}已安排专人跟踪帮办，直到办结。")


def _case_reopened(e: CaseReopened) -> Text:
    return Text("诉求重新办理", f"您的诉求{e.case_number}已重新办理。")


def _case_merged(e: CaseMerged) -> Text:
    return Text(
        "诉求并案办理",
        f"您的诉求{e.case_number}与{e.main_case_number}反映同一问题，已合并办理，进展会通知您。",
    )


def _case_followed(e: CaseFollowed) -> Text:
    stands = {"resolved": "已办理", "closed": "已办结", "reopened": "正在重新办理"}.get(e.status, "有新进展")
    return Text("并案诉求有进展", f"您的诉求{e.case_number}合并到的{e.main_case_number}{stands}。")


def _case_closed(e: CaseClosed) -> Text:
    return Text("诉求已办结", f"您的诉求{e.case_number}已办结。")


def _staff_alerted(e: StaffAlerted) -> Text:
    return Text("诉求期限提醒", f"诉求{e.case_number}请及时处理，办理期限{_when(e.due_at)}。")


def _digest(e: DigestReady) -> Text:
    figures = f"受理{e.received}件，办结{e.closed}件，在办{e.open}件，其中超期{e.overdue}件"
    page = f"/staff/pages/digest?day={e.day.isoformat()}"
    return Text("诉求每日汇总", f"{e.day.isoformat()}：{figures}。详见 {page}")


WRITERS: dict[type[Event], Callable[[Any], Text]] = {
    AppointmentBooked: _booked,
    AppointmentCancelled: _cancelled,
    AppointmentRescheduled: _rescheduled,
    WaitlistOffered: _offered,
    WaitlistLapsed: _lapsed,
    ReminderDue: _reminder,
    TicketCalled: _called,
    TicketNear: _near,
    TicketSkipped: _skipped,
    TicketTransferred: _transferred,
    TicketClosed: _closed,
    ApplicationAccepted: _accepted,
    ApplicationSupplementRequested: _supplement,
    ApplicationApproved: _approved,
    ApplicationRefused: _refused,
    ApplicationDelivered: _delivered,
    LicenseIssued: _issued,
    LicenseRead: _read,
    LicensePresented: _presented,
    LicenseSuspended: _suspended,
    LicenseResumed: _resumed,
    LicenseRevoked: _revoked,
    LicenseExpired: _expired,
    LicenseSuperseded: _superseded,
    LicenseDelegated: _delegated,
    RatingInvited: _invited,
    CaseResolved: _resolved,
    CaseReceived: _case_received,
    CaseReplied: _case_replied,
    CaseExtended: _case_extended,
    CaseSupervised: _case_supervised,
    CaseTracked: _case_tracked,
    CaseReopened: _case_reopened,
    CaseMerged: _case_merged,
    CaseFollowed: _case_followed,
    CaseClosed: _case_closed,
    StaffAlerted: _staff_alerted,
    DigestReady: _digest,
}


def write(event: Event) -> Text:
    """Return what to tell about an event. Raises KeyError when nothing is told about its type."""
    return WRITERS[type(event)](event)
