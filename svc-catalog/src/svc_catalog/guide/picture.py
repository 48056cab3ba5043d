"""Flow charts (办理流程图) as SVG, drawn from the steps of an item."""

from collections.abc import Iterator, Sequence
from html import escape

from svc_catalog.guide.domain import BOX_HEIGHT, BOX_WIDTH, GAP_DOWN, Box, Chart, Step, chart_of

INK, QUIET, LINE, ACCENT, SOFT, PAPER = "#1d2733", "#5b6875", "#8fa3b8", "#14539a", "#e5eefa", "#ffffff"
FONT = "system-ui, 'PingFang SC', 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
ARROW = 7
LONGEST_LINE = 13


def flow_chart(name: str, steps: Sequence[Step]) -> str:
    """Return the chart of a flow. Its text can be read, searched and read aloud."""
    chart = chart_of(steps)
    title = f"{name}办理流程图"
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width:g} {chart.height:g}" '
            f'width="{chart.width:g}" height="{chart.height:g}" role="img" aria-label="{escape(title)}" '
            f'font-family="{FONT}" text-anchor="middle"><title>{escape(title)}</title>',
            *_arrows(chart),
            *_boxes(chart),
            "</svg>",
        ]
    )


def _arrows(chart: Chart) -> Iterator[str]:
    for before, after in chart.arrows:
        begin, end = before.x + BOX_WIDTH / 2, after.x + BOX_WIDTH / 2
        top, bottom = before.y + BOX_HEIGHT, after.y
        # Lines bend half-way down the gap above the later step, so that lines to one step join.
        bend = bottom - GAP_DOWN / 2
        yield (
            f'<path d="M{begin:g} {top:g}V{bend:g}H{end:g}V{bottom - ARROW:g}" fill="none" '
            f'stroke="{LINE}" stroke-width="2"/>'
            f'<path d="M{end - ARROW + 1:g} {bottom - ARROW:g}h{2 * ARROW - 2}L{end:g} {bottom:g}z" '
            f'fill="{LINE}"/>'
        )


def _boxes(chart: Chart) -> Iterator[str]:
    followed = {id(before) for before, _ in chart.arrows}
    for number, box in enumerate(chart.boxes):
        is_end = number == 0 or id(box) not in followed
        yield _box(box, BOX_HEIGHT / 2 if is_end else 10, filled=is_end)


def _box(box: Box, corner: float, *, filled: bool) -> str:
    step, middle = box.step, box.x + BOX_WIDTH / 2
    days = f"{step['days']} 个工作日" if step["days"] else ""
    below = " · ".join(part for part in (_short(step["actor"]), days) if part)
    back, ink, quiet = (ACCENT, PAPER, PAPER) if filled else (SOFT, INK, QUIET)
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{corner:g}" '
        f'fill="{back}" stroke="{ACCENT}" stroke-width="1.5"/>'
        f'<text x="{middle:g}" y="{box.y + 37:g}" font-size="17" font-weight="600" fill="{ink}">'
        f"{escape(_short(step['name']))}</text>"
        f'<text x="{middle:g}" y="{box.y + 62:g}" font-size="13" fill="{quiet}">{escape(below)}</text>'
    )


def _short(text: str) -> str:
    """Return a text that fits into a box; departments lose the city's name, which is on the page."""
    plain = text.removeprefix("平顶山")
    return plain if len(plain) <= LONGEST_LINE else f"{plain[: LONGEST_LINE - 1]}…"
