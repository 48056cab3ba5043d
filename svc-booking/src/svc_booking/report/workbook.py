"""A day's report as a workbook (xlsx)."""

from collections.abc import Iterable, Mapping

from lib_sheets import Sheet, write_workbook
from svc_booking.report.schemas import DayReportOut, DaySummary, LineOut, TimesOut

Row = list[str | int | float | None]
LINE_HEADINGS = [
    "取号",
    "叫号人次",
    "平均等候（分）",
    "九成等候（分）",
    "办理人次",
    "平均办理（分）",
    "九成办理（分）",
]
DAY_HEADINGS = [
    "网点编号",
    "网点",
    "日期",
    "进厅人数",
    "取号",
    "预约取号",
    "绿色通道",
    "办结",
    "未办理",
    "预约数",
    "到场",
    "爽约",
    "取消",
    "爽约率",
    "平均等候（分）",
    "九成等候（分）",
    "平均办理（分）",
]


def day_workbook(report: DayReportOut, group_names: Mapping[str, str]) -> bytes:
    """Return the workbook of one point's day."""
    return write_workbook(
        [
            Sheet("概况", DAY_HEADINGS, [_summary(report)]),
            Sheet("半小时", ["时段", *LINE_HEADINGS], map(_line, report.half_hours)),
            Sheet(
                "业务组", ["业务组", *LINE_HEADINGS], (_named(line, group_names) for line in report.groups)
            ),
            Sheet("窗口", ["窗口", *LINE_HEADINGS], map(_line, report.windows)),
        ]
    )


def city_workbook(days: Iterable[DaySummary]) -> bytes:
    """Return the workbook of all points on a day."""
    return write_workbook([Sheet("各网点", DAY_HEADINGS, map(_summary, days))])


def _summary(day: DaySummary) -> Row:
    return [
        day.service_point,
        day.service_point_name,
        day.day.isoformat(),
        day.visitors,
        day.drawn,
        day.with_appointment,
        day.green,
        day.finished,
        day.unserved,
        day.bookings.booked,
        day.bookings.arrived,
        day.bookings.no_show,
        day.bookings.cancelled,
        day.no_show_share,
        day.wait.mean,
        day.wait.p90,
        day.service.mean,
    ]


def _line(line: LineOut) -> Row:
    return [line.key, line.drawn, *_times(line.wait), *_times(line.service)]


def _named(line: LineOut, names: Mapping[str, str]) -> Row:
    return [names.get(line.key, line.key), *_line(line)[1:]]


def _times(times: TimesOut) -> Row:
    return [times.count, times.mean, times.p90]
