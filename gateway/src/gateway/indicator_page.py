"""The city's report as a page for who would rather look than read; it reads itself anew every minute."""

import json
from datetime import datetime
from html import escape
from typing import Any

Row = dict[str, Any]

STYLE = """
.cards{margin-top:1rem}
.cards h2{margin-top:.2rem}
@media (min-width:1100px){.headlines{grid-template-columns:repeat(6,1fr)}}
.tile small{color:var(--quiet)}
.tile .mark{height:6px;border-radius:3px;background:var(--line);margin-top:.5rem;overflow:hidden}
.tile .mark i{display:block;height:100%;background:var(--accent)}
@media (min-width:1900px){main{max-width:none}}
"""
# The figures a leader looks for first.
HEADLINES = (
    "one_visit_share",
    "no_visit_share",
    "instant_share",
    "time_saved_share",
    "active_rating_share",
    "unified_acceptance_share",
)
# What comes next, under a heading each; figures that no heading names follow by their service.
SECTIONS = {
    "期限": ("on_time_share", "complaints_on_time", "yellow_cards", "red_cards", "deemed_accepted"),
    "诉求与评价": (
        "satisfied_share",
        "bad_ratings_called_back",
        "complaints_solved",
        "complaints_solved_service",
        "complaints_solved_difficult",
    ),
}
SOURCES = {
    "catalog": "事项与办件",
    "booking": "预约叫号",
    "license": "电子证照",
    "complaint": "诉求与评价",
    "gateway": "用户",
}
# One figure for each type of licence: these make a chart, as tiles they would bury everything else.
LICENSE_TYPES = "licenses_valid:"
MOST_BARS = 15
GRID = {"left": 8, "right": 48, "top": 8, "bottom": 8, "containLabel": True}


def render(report: Row) -> str:
    """Return the page of the gathered indicators."""
    rows: list[Row] = [row for row in report["items"] if row["value"] is not None]
    by_code = {row["code"]: row for row in rows}
    headlines = [by_code[code] for code in HEADLINES if code in by_code]
    shares = [row for row in rows if row["unit"] == "share"]
    at: datetime = report["at"]
    parts = [
        _note(report["missing"]),
        f'<div class="tiles headlines">{"".join(map(_tile, headlines))}</div>',
        '<div class="cards">',
        _card("各项比率（深色为现在，浅色为2021年报告）", _chart(_share_option(shares))),
        _card("与2021年报告之比", _chart(_ratio_option(rows))),
        "</div>",
        f"<h2>大厅实时</h2>{_halls(report['halls'])}",
        *(_tiles(heading, found) for heading, found in _sections(rows).items()),
        _licenses(rows),
        f"<details><summary>全部指标（{len(rows)} 项）</summary>{_table(rows)}</details>",
    ]
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        f"<title>平顶山市政务服务年度指标 {report['year']}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="60">'
        f'<link rel="stylesheet" href="/assets/city.css"><style>{STYLE}</style>'
        '<script src="/assets/echarts.min.js" defer></script><script src="/assets/charts.js" defer></script>'
        f'</head><body><header class="top"><h1>平顶山市政务服务年度指标 {report["year"]}</h1>'
        f"<p>数据时间 {at:%Y-%m-%d %H:%M:%S}，由各系统实时汇总</p></header>"
        f"<main>{''.join(parts)}</main></body></html>"
    )


def shown(value: float, unit: str) -> str:
    """Return a figure as people read it."""
    if unit == "share":
        return f"{value * 100:.2f}".rstrip("0").rstrip(".") + "%"
    if unit == "per_inhabitant":
        return f"{value:.3f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _note(missing: list[str]) -> str:
    if not missing:
        return ""
    text = "、".join(SOURCES[name] for name in missing)
    return f'<p class="warn" role="status">以下数据暂时未取到：{text}</p>'


def _sections(rows: list[Row]) -> dict[str, list[Row]]:
    """Return the figures below the charts by their heading."""
    heading_of = {code: heading for heading, codes in SECTIONS.items() for code in codes}
    found: dict[str, list[Row]] = {heading: [] for heading in (*SECTIONS, *SOURCES.values())}
    for row in rows:
        if row["code"] in heading_of:
            found[heading_of[row["code"]]].append(row)
        elif row["unit"] != "share" and not row["code"].startswith(LICENSE_TYPES):
            found[SOURCES[row["source"]]].append(row)
    return found


def _tiles(heading: str, rows: list[Row]) -> str:
    return f'<h2>{heading}</h2><div class="tiles">{"".join(map(_tile, rows))}</div>' if rows else ""


def _licenses(rows: list[Row]) -> str:
    """Return the chart of valid licences by type, the most frequent first."""
    found = sorted(
        (row for row in rows if row["code"].startswith(LICENSE_TYPES)), key=lambda row: -row["value"]
    )[:MOST_BARS][::-1]
    if not found:
        return ""
    option = {
        "grid": GRID,
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [row["code"].removeprefix(LICENSE_TYPES) for row in found]},
        "series": [_bars("有效", [row["value"] for row in found], "#14539a", "{c}")],
    }
    return f'<div class="cards">{_card("有效电子证照（按类型）", _chart(option))}</div>'


def _tile(row: Row) -> str:
    reported = row["reported_2021"]
    yardstick = f"<small>2021年 {shown(reported, row['unit'])}</small>" if reported is not None else ""
    mark = ""
    if row["unit"] == "share":
        width = max(0.0, min(100.0, row["value"] * 100))
        mark = f'<div class="mark"><i style="width:{width:.1f}%"></i></div>'
    return (
        f'<div class="tile"><span>{escape(row["title"])}</span>'
        f"<b>{shown(row['value'], row['unit'])}</b>{yardstick}{mark}</div>"
    )


def _card(title: str, body: str) -> str:
    return f'<section class="card"><h2>{title}</h2>{body}</section>'


def _chart(option: Row) -> str:
    return f'<div class="chart" data-option="{escape(json.dumps(option, ensure_ascii=False))}"></div>'


def _share_option(rows: list[Row]) -> Row:
    names = [row["title"] for row in reversed(rows)]
    return {
        "grid": GRID,
        "xAxis": {"type": "value", "max": 100, "axisLabel": {"formatter": "{value}%", "hideOverlap": True}},
        "yAxis": {"type": "category", "data": names},
        "series": [
            _bars("现在", [_percent(row["value"]) for row in reversed(rows)], "#14539a", "{c}%"),
            _bars("2021年报告", [_percent(row["reported_2021"]) for row in reversed(rows)], "#c3cfdd"),
        ],
    }


def _ratio_option(rows: list[Row]) -> Row:
    compared = [row for row in rows if row["reported_2021"] and row["unit"] != "share"]
    ratios = [round(100 * row["value"] / row["reported_2021"], 1) for row in reversed(compared)]
    return {
        "grid": GRID,
        "xAxis": {"type": "value", "axisLabel": {"formatter": "{value}%", "hideOverlap": True}},
        "yAxis": {"type": "category", "data": [row["title"] for row in reversed(compared)]},
        "series": [_bars("占2021年报告值", ratios, "#1f7a4d", "{c}%")],
    }


def _bars(name: str, values: list[float | None], color: str, label: str = "") -> Row:
    """Return bars; `label` is how a value is written at its end: the charts' build has no tooltips."""
    written = {"show": bool(label), "position": "right", "formatter": label, "fontSize": 11}
    look = {"itemStyle": {"color": color}, "barMaxWidth": 18, "label": written}
    return {"name": name, "type": "bar", "data": values, **look}


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 2)


def _table(rows: list[Row]) -> str:
    cells = "".join(
        f'<tr><td>{escape(row["title"])}</td><td class="number">{shown(row["value"], row["unit"])}</td>'
        f'<td class="number">{_of(row)}</td><td class="number">{_reported(row)}</td></tr>'
        for row in rows
    )
    names = "".join(f'<th class="number">{name}</th>' for name in ("现在", "计算", "2021年报告"))
    head = f"<tr><th>指标</th>{names}</tr>"
    return f'<div class="scroll"><table>{head}{cells}</table></div>'


def _halls(halls: list[Row]) -> str:
    cells = "".join(
        f'<tr><td><a href="/public/v1/service-points/{escape(hall["service_point"])}/board/page">'
        f'{escape(hall["name"])}</a></td><td class="number">{hall["waiting"]}</td>'
        f'<td class="number">{hall["open_windows"]}</td>'
        f'<td class="number">{escape(hall["last_call"] or "—")}</td></tr>'
        for hall in halls
    )
    names = "".join(f'<th class="number">{name}</th>' for name in ("等候", "开放窗口", "最近叫号"))
    return f'<div class="scroll"><table><tr><th>大厅</th>{names}</tr>{cells}</table></div>'


def _of(row: Row) -> str:
    if row["numerator"] is None or row["denominator"] is None:
        return ""
    return f"{row['numerator']:,.0f} / {row['denominator']:,.0f}"


def _reported(row: Row) -> str:
    return "" if row["reported_2021"] is None else shown(row["reported_2021"], row["unit"])
