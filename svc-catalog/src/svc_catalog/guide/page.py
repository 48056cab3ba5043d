"""Guides (办事指南) as HTML: readable on a phone, printable, without scripts."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from svc_catalog.element.domain import BY_NAME, MATERIAL_KINDS, MATERIAL_SOURCES, RESULT_KINDS

Record = Mapping[str, Any]

POINT_KINDS = {
    "city_hall": "市政务服务中心",
    "county_hall": "县（市、区）中心",
    "township_centre": "乡镇（街道）中心",
    "bank_outlet": "银行网点",
    "self_service": "24 小时自助厅",
    "kiosk": "自助终端",
}
STYLE = """
.badges{display:flex;flex-wrap:wrap;gap:.4rem;margin:.6rem 0 0;padding:0;list-style:none}
.badges li{background:#ffffff2e;border-radius:1rem;padding:.05rem .7rem;font-size:.9rem}
.notice{border-left:5px solid var(--bad);background:#fdecea;padding:.8rem 1rem;border-radius:6px}
main{max-width:60rem}.flow{text-align:center;background:var(--paper);border:1px solid var(--line);
border-radius:var(--round);padding:.8rem;overflow-x:auto}.flow svg{max-width:100%;height:auto}
dl.facts{display:grid;grid-template-columns:minmax(7rem,11rem) 1fr;gap:0;margin:0;background:var(--paper);
border:1px solid var(--line);border-radius:var(--round);overflow:hidden}
dl.facts dt,dl.facts dd{margin:0;padding:.45rem .8rem;border-bottom:1px solid var(--line)}
dl.facts dt{color:var(--quiet)}dl.facts dd{overflow-wrap:anywhere}
p.text{background:var(--paper);border:1px solid var(--line);border-radius:var(--round);
padding:.7rem 1rem;margin:0}
.tile b{font-size:1.3rem}
ol.steps{background:var(--paper);border:1px solid var(--line);border-radius:var(--round);
margin:.8rem 0 0;padding:.7rem 1rem .7rem 2.4rem}
@media (max-width:40rem){table.stack thead{display:none}table.stack tr{display:block;border-bottom:1px solid
var(--line);padding:.4rem 0}table.stack td{display:flex;gap:.8rem;border:0;padding:.2rem .7rem}
table.stack td::before{content:attr(data-label);color:var(--quiet);flex:0 0 5.2rem}
table.stack td:empty{display:none}.tiles{grid-template-columns:1fr 1fr}
table.stack td:first-child{font-weight:600}dl.facts{grid-template-columns:7.7rem 1fr}}
@media print{body{font-size:11pt}header.top h1{font-size:18pt}.badges li{border:1px solid #999}
h2{break-after:avoid}tr,.tile,dl.facts dt,dl.facts dd{break-inside:avoid}.flow{border:0;padding:0}
.flow svg{max-height:16cm}}
"""


def guide_page(item: Record, chart: str) -> str:
    """Return the guide of an item; `item` is what its page data say, `chart` its flow chart as SVG."""
    parts = [
        _notice(item),
        _tiles(item),
        _text("受理条件", item["conditions"]),
        _materials(item["materials"]),
        _flow(item, chart),
        _special(item["special_procedures"]),
        _fees(item),
        _results(item["results"]),
        *(_facts(section["title"], section["facts"]) for section in item["sections"]),
        _points(item["service_points"]),
        _questions(item["questions"]),
    ]
    body = "".join(parts)
    badges = "".join(f"<li>{escape(badge)}</li>" for badge in _badges(item))
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(item['name'])} - 办事指南</title>"
        f'<link rel="stylesheet" href="/assets/city.css"><style>{STYLE}</style></head><body>'
        f'<header class="top"><h1>{escape(item["name"])}</h1>'
        f"<p>办事指南 · {escape(item['department_name'])}</p>"
        f'<ul class="badges">{badges}</ul></header><main>{body}'
        f'<p class="foot">实施编码 {escape(item["implementation_code"])} · 第 {item["version"]} 版</p>'
        "</main></body></html>"
    )


def _badges(item: Record) -> Iterable[str]:
    yield item["kind"]
    yield BY_NAME["case_type"].choices[item["case_type"]]
    if item["visits"] == 0:
        yield "不见面审批"
    elif item["visits"] == 1:
        yield "最多跑一次"
    if item["cross_province"]:
        yield "跨省通办"
    if item["high_frequency"]:
        yield "高频事项"


def _notice(item: Record) -> str:
    titles = {"suspended": "该事项暂停办理", "withdrawn": "该事项已取消"}
    title = titles.get(item["state"])
    reason = escape(item["state_reason"] or "")
    return f'<p class="notice"><strong>{title}</strong>：{reason}</p>' if title else ""


def _tiles(item: Record) -> str:
    promised = "当场办结" if item["promised_days"] == 0 else f"{item['promised_days']} 个工作日"
    values = (
        (promised, "承诺办结"),
        (f"{item['statutory_days']} 个工作日", "法定时限"),
        (f"{item['visits']} 次", "到现场"),
        ("收费" if item["is_charged"] else "不收费", "费用"),
    )
    tiles = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{label}</span></div>' for value, label in values
    )
    return f'<div class="tiles">{tiles}</div>'


def _text(title: str, text: str) -> str:
    return f'<h2>{title}</h2><p class="text">{escape(text)}</p>'


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    found = list(rows)
    if not found:
        return ""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{heading}">{escape(cell)}</td>'
            for heading, cell in zip(headings, row, strict=True)
        )
        + "</tr>"
        for row in found
    )
    return f'<h2>{title}</h2><table class="stack"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _materials(materials: Sequence[Record]) -> str:
    rows = (
        (
            material["name"],
            f"{MATERIAL_KINDS[material['kind']]} {material.get('copies') or 1} 份",
            "必要" if material["required"] else "非必要",
            "有电子证照可免交" if material["satisfied_by"] else "",
            MATERIAL_SOURCES.get(material.get("source") or "", ""),
            material.get("note") or "",
        )
        for material in materials
    )
    return _table("申请材料", ("材料", "形式", "必要性", "免交", "来源", "须知"), rows)


def _flow(item: Record, chart: str) -> str:
    steps = "".join(
        f"<li><strong>{escape(step['name'])}</strong>（{escape(step['actor'])}）"
        f"{escape(step.get('note') or '')}</li>"
        for step in item["flow"]
    )
    return f'<h2>办理流程</h2><div class="flow">{chart}</div><ol class="steps">{steps}</ol>'


def _special(rows: Sequence[Record]) -> str:
    headings = ("特别程序", "时限", "说明")
    told = ((row["name"], f"约 {row['days']} 个工作日", row.get("basis") or "") for row in rows)
    return _table("特别程序（不计入承诺时限）", headings, told)


def _fees(item: Record) -> str:
    if not item["fees"]:
        return _text("收费", item["fee"])
    rows = ((row["name"], row["standard"], row["basis"], row.get("reduction") or "") for row in item["fees"])
    return _table("收费", ("项目", "标准", "依据", "减免"), rows)


def _results(rows: Sequence[Record]) -> str:
    told = ((row["name"], RESULT_KINDS[row["kind"]], row.get("delivery") or "") for row in rows)
    return _table("办理结果", ("结果", "类型", "送达"), told)


def _facts(title: str, facts: Sequence[Record]) -> str:
    rows = "".join(f"<dt>{escape(fact['label'])}</dt><dd>{escape(fact['value'])}</dd>" for fact in facts)
    return f'<h2>{escape(title)}</h2><dl class="facts">{rows}</dl>'


def _points(points: Sequence[Record]) -> str:
    rows = (
        (point["name"], POINT_KINDS.get(point["kind"], ""), point["address"])
        for point in points
        if point["kind"] != "kiosk"
    )
    return _table("可以现场办理的网点", ("网点", "类型", "地址"), rows)


def _questions(rows: Sequence[Record]) -> str:
    told = "".join(f"<dt>{escape(row['question'])}</dt><dd>{escape(row['answer'])}</dd>" for row in rows)
    return f'<h2>常见问题</h2><dl class="facts">{told}</dl>' if told else ""
