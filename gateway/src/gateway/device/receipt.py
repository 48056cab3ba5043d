"""What a terminal prints (凭条): lines and a QR code as data, for any printer of 58 or 80 mm."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from lib_kernel import CITY_ZONE

Align = Literal["left", "center", "right"]
Size = Literal["normal", "large"]
STATUSES = {
    "submitted": "已提交",
    "accepted": "已受理",
    "supplement_requested": "待补正",
    "rejected": "不予受理",
    "in_progress": "办理中",
    "approved": "已通过",
    "refused": "未通过",
    "delivered": "已办结",
    "withdrawn": "已撤回",
}


class Line(BaseModel):
    """A line of text; the printer breaks what is too long."""

    text: str
    align: Align = "left"
    size: Size = "normal"
    is_bold: bool = False


class Receipt(BaseModel):
    """A receipt from top to bottom; `qr` is printed below the lines, with its caption."""

    title: str
    lines: list[Line]
    qr: str | None
    qr_caption: str
    printed_at: datetime
    cut: bool = True


def _when(moment: str | datetime) -> str:
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return known.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M")


def of_ticket(ticket: dict[str, Any], now: datetime) -> Receipt:
    """Return the receipt of a queue number (排队号)."""
    lines = [
        Line(text=ticket["service_point_name"], align="center", is_bold=True),
        Line(text=ticket["number"], align="center", size="large", is_bold=True),
    ]
    if ticket.get("window"):
        lines.append(Line(text=f"请到 {ticket['window']}", align="center"))
    elif ticket.get("ahead") is not None:
        lines.append(Line(text=f"前面还有 {ticket['ahead']} 人", align="center"))
    lines += [
        Line(text=f"取号时间：{_when(ticket['drawn_at'])}"),
        Line(text="请留意叫号，过号请重新取号。"),
    ]
    return Receipt(
        title="排队号",
        lines=lines,
        qr=f"PDS-TICKET:{ticket['id']}",
        qr_caption="扫码查看排队进度",
        printed_at=now,
    )


def of_application(application: dict[str, Any], now: datetime) -> Receipt:
    """Return the receipt of an application (办件回执); it names the case and not the applicant."""
    status = application["status"]
    lines = [
        Line(text="平顶山市政务服务办件回执", align="center", is_bold=True),
        Line(text=f"办件编号：{application['case_number']}", is_bold=True),
        Line(text=f"事项：{application['item_name']}"),
        Line(text=f"当前状态：{STATUSES.get(status, status)}"),
        Line(text=f"提交时间：{_when(application['submitted_at'])}"),
    ]
    if application.get("due_at"):
        lines.append(Line(text=f"承诺办结：{_when(application['due_at'])}前"))
    return Receipt(
        title="办件回执",
        lines=lines,
        qr=f"PDS-CASE:{application['case_number']}",
        qr_caption="扫码查询办件进度",
        printed_at=now,
    )
