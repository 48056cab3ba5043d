"""Where the steps of a flow stand in a chart: in rows, each step below those it follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

BOX_WIDTH, BOX_HEIGHT = 220, 84
GAP_ACROSS, GAP_DOWN, MARGIN = 28, 44, 16

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Box:
    """A step in the chart; `x` and `y` are its left upper corner."""

    step: Step
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """A drawn flow. `arrows` lead from one box to a later one."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Box, Box], ...]


def chart_of(steps: Sequence[Step]) -> Chart:
    """Return the chart of a flow without cycles. Steps that follow the same step stand side by side."""
    by_code = {step["code"]: step for step in steps}
    after = {code: set(step["after"]) for code, step in by_code.items()}
    row: dict[str, int] = {}
    for code in TopologicalSorter(after).static_order():
        row[code] = max((row[before] + 1 for before in after[code]), default=0)
    rows: list[list[str]] = [[] for _ in range(max(row.values(), default=-1) + 1)]
    for code in by_code:
        rows[row[code]].append(code)
    widest = max((len(codes) for codes in rows), default=0)
    width = 2 * MARGIN + widest * BOX_WIDTH + max(widest - 1, 0) * GAP_ACROSS
    boxes: dict[str, Box] = {}
    for number, codes in enumerate(rows):
        taken = len(codes) * BOX_WIDTH + (len(codes) - 1) * GAP_ACROSS
        left = (width - taken) / 2
        for place, code in enumerate(codes):
            x = left + place * (BOX_WIDTH + GAP_ACROSS)
            boxes[code] = Box(by_code[code], x, MARGIN + number * (BOX_HEIGHT + GAP_DOWN))
    height = 2 * MARGIN + len(rows) * BOX_HEIGHT + max(len(rows) - 1, 0) * GAP_DOWN
    arrows = tuple((boxes[before], boxes[code]) for code in by_code for before in by_code[code]["after"])
    return Chart(width, height, tuple(boxes.values()), arrows)
