"""The two days side by side as a picture."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from simulation.day import Outcome
from simulation.halls import CITY_HALL

BEFORE, AFTER = "#b5544a", "#2f7ebc"
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "Microsoft YaHei", "PingFang SC")
KINDS = {
    "city_hall": ("市级大厅", "city hall"),
    "county_hall": ("县级大厅", "county halls"),
    "township_centre": ("乡镇中心", "township centres"),
    "bank_outlet": ("银行网点", "bank outlets"),
}


def draw(before: Outcome, after: Outcome, scale: int, path: Path) -> None:
    """Write the picture. Counts are those of the whole city: the simulated ones times the scale."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    font = next((name for name in FONTS if name in known), None)
    chinese = font is not None
    mpl.rcParams["font.family"] = [font or "DejaVu Sans", "DejaVu Sans"]
    mpl.rcParams["axes.unicode_minus"] = False
    figure, axes = plt.subplots(2, 2, figsize=(14, 9), layout="constrained")
    names = ("只有现场取号", "预约加分流") if chinese else ("walk-in only", "booking and diversion")
    _by_half_hour(axes[0][0], before, after, names, scale, what="drawn")
    axes[0][0].set_title(
        "市级大厅每半小时取号人数" if chinese else "Numbers drawn at the city hall per half hour"
    )
    _by_half_hour(axes[0][1], before, after, names, 1, what="wait")
    axes[0][1].set_title("市级大厅平均等候（分钟）" if chinese else "Mean wait at the city hall (minutes)")
    _by_kind(axes[1][0], before, after, names, scale, chinese=chinese)
    axes[1][0].set_title("到访人数（按网点类型）" if chinese else "Visitors by kind of point")
    _waits(axes[1][1], before, after, names)
    axes[1][1].set_title(
        "市级大厅等候：平均与九成（分钟）" if chinese else "City hall wait: mean and p90 (minutes)"
    )
    for axis in axes.flat:
        axis.grid(axis="y", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    title = "平顶山市一个工作日的模拟" if chinese else "A working day in Pingdingshan, simulated"
    figure.suptitle(title, fontsize=18)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _by_half_hour(
    axis: Axes, before: Outcome, after: Outcome, names: tuple[str, str], scale: int, *, what: str
) -> None:
    lines = []
    for outcome in (before, after):
        report = outcome.of(CITY_HALL)
        lines.append({line["key"]: line for line in report["half_hours"]} if report else {})
    keys = sorted({*lines[0], *lines[1]})
    for shift, (line, name, colour) in enumerate(zip(lines, names, (BEFORE, AFTER), strict=True)):
        values = [_value(line.get(key), what) * scale for key in keys]
        axis.bar([n + (shift - 0.5) * 0.4 for n in range(len(keys))], values, 0.4, label=name, color=colour)
    axis.set_xticks(range(len(keys)), keys, rotation=60)
    axis.legend(frameon=False)


def _value(line: dict[str, object] | None, what: str) -> float:
    if line is None:
        return 0.0
    found = line["wait"]["mean"] if what == "wait" else line["drawn"]  # type: ignore[index] # JSON of a report
    return float(found or 0)  # type: ignore[arg-type] # a number or nothing


def _by_kind(
    axis: Axes, before: Outcome, after: Outcome, names: tuple[str, str], scale: int, *, chinese: bool
) -> None:
    for shift, (outcome, name, colour) in enumerate(
        zip((before, after), names, (BEFORE, AFTER), strict=True)
    ):
        visitors = outcome.visitors_by_kind()
        values = [visitors[kind] * scale for kind in KINDS]
        bars = axis.bar(
            [n + (shift - 0.5) * 0.4 for n in range(len(KINDS))], values, 0.4, label=name, color=colour
        )
        axis.bar_label(bars, padding=2)
    axis.set_xticks(range(len(KINDS)), [label[0 if chinese else 1] for label in KINDS.values()])
    axis.legend(frameon=False)


def _waits(axis: Axes, before: Outcome, after: Outcome, names: tuple[str, str]) -> None:
    for place, (outcome, name, colour) in enumerate(
        zip((before, after), names, (BEFORE, AFTER), strict=True)
    ):
        report = outcome.of(CITY_HALL)
        wait = report["wait"] if report else {"mean": 0, "p90": 0}
        bars = axis.bar(
            [place * 3, place * 3 + 1], [wait["mean"] or 0, wait["p90"] or 0], 0.8, color=colour, label=name
        )
        axis.bar_label(bars, fmt="%.1f", padding=2)
    axis.set_xticks([0, 1, 3, 4], ["mean", "p90"] * 2)
    axis.legend(frameon=False)
