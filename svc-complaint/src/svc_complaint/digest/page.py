"""The digest as a page with charts and as a workbook."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lib_sheets import Sheet, write_workbook

COLOURS = {"received": "#14539a", "closed": "#1f7a4d", "open": "#9fb8d6", "overdue": "#b3261e"}
GRID = {"left": 8, "right": 24, "top": 16, "bottom": 36, "containLabel": True}
SHOWN = 12
TABLES = {
    "by_category": "原因",
    "by_department": "部门",
    "by_division": "区划",
    "by_kind": "诉求类别",
}
NONE = {"by_category": "未分类", "by_department": "尚未派单", "by_division": "未定", "by_kind": "其他"}
COLUMNS = {"received": "受理", "closed": "办结", "open": "在办", "overdue": "超期"}


def page(facts: Mapping[str, Any], trend: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Return the page of a digest; `trend` are the digests of the days up to it."""
    charts = [
        ("近日趋势", _trend(trend)),
        ("原因分布", _bars(_named(facts, "by_category", names), ["received"])),
        ("部门在办与超期", _bars(_named(facts, "by_department", names), ["open", "overdue"])),
        ("区划受理与办结", _bars(_named(facts, "by_division", names), ["received", "closed"])),
    ]
    # A quiet day has nothing to draw in some of them; empty axes would look like a fault.
    cards = [_card(title, option) for title, option in charts if option["series"][0]["data"]]
    tables = [_table(title, _named(facts, key, names)) for key, title in TABLES.items() if facts[key]]
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>诉求每日汇总 {facts["day"]}</title>
<link rel="stylesheet" href="/assets/city.css">
<script src="/assets/echarts.min.js" defer></script>
<script src="/assets/charts.js" defer></script>
</head>
<body>
<header class="top"><h1>诉求每日汇总</h1><p>平顶山市 有诉即应 · {facts["day"]}</p></header>
<main>
<div class="tiles">{_tiles(facts)}</div>
<h2>图示</h2>
<div class="cards">{"".join(cards)}</div>
<h2>重复反映的问题（近七日）</h2>
{_topics(facts, names)}
{"".join(tables)}
</main>
</body>
</html>
"""


def workbook(facts: Mapping[str, Any], names: Mapping[str, str]) -> bytes:
    """Return the digest as xlsx: an overview and one sheet for each breakdown."""
    overview = [[label, value, *_compared(facts, key)] for key, label, value in _figures(facts)]
    sheets = [Sheet("总览", ["指标", "当日", "前一日", "上周同日"], overview)]
    for key, title in TABLES.items():
        rows = [[row["name"], *(row[column] for column in COLUMNS)] for row in _named(facts, key, names)]
        sheets.append(Sheet(f"按{title}", [title, *COLUMNS.values()], rows))
    topics = [
        [names.get(t["category"], t["category"]), names.get(t["place"], t["place"]), t["cases"]]
        for t in facts["topics"]
    ]
    sheets.append(Sheet("重复反映", ["原因", "地点或事项", "件数"], topics))
    return write_workbook(sheets)


def _figures(facts: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    ratings = facts["ratings"]
    return [
        *((key, label, facts[key]) for key, label in COLUMNS.items()),
        ("closed_on_time", "按期办结", facts["closed_on_time"]),
        ("escalated", "到期提醒与升级", facts["escalated"]),
        ("troubles", "未能送达", facts["troubles"]),
        ("rated", "评价", ratings["rated"]),
        ("bad", "差评", ratings["bad"]),
        ("called_back", "已回访", ratings["called_back"]),
    ]


def _compared(facts: Mapping[str, Any], key: str) -> list[int | None]:
    return [(facts[other] or {}).get(key) for other in ("day_before", "week_before")]


def _tiles(facts: Mapping[str, Any]) -> str:
    found = []
    for key, label, value in _figures(facts):
        before, week = _compared(facts, key)
        notes = [
            f"{name} {_change(value, other)}"
            for name, other in (("较前日", before), ("较上周", week))
            if other is not None
        ]
        bad = ' class="bad"' if key in {"overdue", "bad", "troubles"} and value else ""
        note = f"<span>{'　'.join(notes)}</span>" if notes else ""
        found.append(f'<div class="tile"><span>{label}</span><b{bad}>{value}</b>{note}</div>')
    return "".join(found)


def _change(value: int, other: int) -> str:
    return "持平" if value == other else f"{value - other:+d}"


def _named(facts: Mapping[str, Any], key: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{**row, "name": names.get(row["code"]) or row["code"] or NONE[key]} for row in facts[key]]


def _card(title: str, option: Mapping[str, Any]) -> str:
    data = escape(json.dumps(option, ensure_ascii=False))
    chart = f'<div class="chart" role="img" aria-label="{title}" data-option="{data}"></div>'
    return f'<section class="card"><strong>{title}</strong>{chart}</section>'


def _bars(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    some = [row for row in rows if any(row[column] for column in columns)]
    shown = sorted(some, key=lambda row: -row[columns[0]])[:SHOWN][::-1]
    return {
        "grid": GRID,
        "xAxis": {"type": "value", "minInterval": 1, **_key(columns)},
        "yAxis": {
            "type": "category",
            "data": [row["name"] for row in shown],
            "axisLabel": {"width": 110, "overflow": "truncate"},
        },
        "series": [
            {
                "type": "bar",
                "name": COLUMNS[column],
                "data": [row[column] for row in shown],
                "itemStyle": {"color": COLOURS[column]},
                "barMaxWidth": 16,
            }
            for column in columns
        ],
    }


def _trend(trend: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = ("received", "closed", "overdue")
    return {
        "grid": GRID,
        "xAxis": {"type": "category", "data": [one["day"][5:] for one in trend], **_key(columns)},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "type": "line",
                "name": COLUMNS[column],
                "data": [one[column] for one in trend],
                "itemStyle": {"color": COLOURS[column]},
            }
            for column in columns
        ],
    }


def _key(columns: Sequence[str]) -> dict[str, Any]:
    """Return the key to the colours as the axis's name: the charts' build has no legends."""
    return {
        "name": "   ".join(f"{{{column}|■}} {COLUMNS[column]}" for column in columns),
        "nameLocation": "middle",
        "nameGap": 34,
        "nameTextStyle": {
            "fontSize": 13,
            "rich": {column: {"color": COLOURS[column], "fontSize": 14} for column in columns},
        },
    }


def _topics(facts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if not facts["topics"]:
        return '<p class="good">没有三次以上重复反映的问题。</p>'
    rows = "".join(
        f"<tr><td>{escape(names.get(t['category'], t['category']))}</td>"
        f'<td>{escape(names.get(t["place"], t["place"]))}</td><td class="number">{t["cases"]}</td></tr>'
        for t in facts["topics"]
    )
    return (
        '<div class="scroll"><table><thead><tr><th>原因</th><th>地点或事项</th>'
        '<th class="number">件数</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    heads = "".join(f'<th class="number">{label}</th>' for label in COLUMNS.values())
    body = "".join(
        f"<tr><td>{escape(row['name'])}</td>"
        + "".join(f'<td class="number">{row[column]}</td>' for column in COLUMNS)
        + "</tr>"
        for row in rows
    )
    return (
        f'<h2>按{title}</h2><div class="scroll"><table><thead><tr><th>{title}</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
