"""Borders and grounds of licences: interwoven waves (扭索纹) and rosettes, drawn as fine lines."""

import math
from collections.abc import Iterator

from lib_ofd import Box, Curve, Part

Points = tuple[tuple[float, float], ...]
STEPS_A_WAVE = 12
WAVE_MM = 8.0
STRANDS = 4
PETALS = 24
ROSETTE_STEPS = 720


def guilloche(width: float, height: float, margin: float, band: float, color: str) -> list[Part]:
    """Return a border of interwoven waves between two lines, with a rosette in each corner."""
    inner = margin + band
    parts: list[Part] = [
        Box(margin, margin, width - 2 * margin, height - 2 * margin, 0.7, color),
        Box(margin + 0.9, margin + 0.9, width - 2 * margin - 1.8, height - 2 * margin - 1.8, 0.15, color),
        Box(inner, inner, width - 2 * inner, height - 2 * inner, 0.5, color),
        Box(inner + 0.8, inner + 0.8, width - 2 * inner - 1.6, height - 2 * inner - 1.6, 0.15, color),
    ]
    low, swing = margin + band / 2 + 0.45, band / 2 - 0.75
    for strand in range(STRANDS):
        phase = 2 * math.pi * strand / STRANDS
        for side in _sides(width, height, low, swing, phase, margin, band):
            parts.append(Curve(side, 0.13, color))
    for x in (low, width - low):
        for y in (low, height - low):
            parts.extend(_corner(x, y, band * 0.62, color))
    return parts


def double(width: float, height: float, margin: float, band: float, color: str) -> list[Part]:
    """Return a thick line with a thin one inside, and angles in the corners."""
    inner = margin + band
    parts: list[Part] = [
        Box(margin, margin, width - 2 * margin, height - 2 * margin, max(0.35, band * 0.3), color),
        Box(inner, inner, width - 2 * inner, height - 2 * inner, 0.25, color),
    ]
    size = band * 2.2
    for x, right in ((inner, 1), (width - inner, -1)):
        for y, down in ((inner, 1), (height - inner, -1)):
            corner = ((x + right * size, y), (x + right * size, y + down * size), (x, y + down * size))
            parts.append(Curve(corner, 0.25, color))
    return parts


def rosette(x: float, y: float, radius: float, color: str) -> list[Part]:
    """Return a round ground of fine curves, light enough to print on."""
    parts: list[Part] = []
    for ring, (size, depth) in enumerate(((1.0, 0.16), (0.78, 0.2), (0.52, 0.26))):
        for turn in range(3):
            phase = 2 * math.pi * turn / 3 / PETALS + ring * 0.1
            parts.append(Curve(_petals(x, y, radius * size, depth, phase), 0.1, color, closed=True))
    return parts


def _sides(
    width: float, height: float, low: float, swing: float, phase: float, margin: float, band: float
) -> Iterator[Points]:
    start = margin + band * 0.5
    across, down = width - 2 * start, height - 2 * start
    for y in (low, height - low):
        yield tuple((start + at, y + swing * math.sin(angle + phase)) for at, angle in _along(across))
    for x in (low, width - low):
        yield tuple((x + swing * math.sin(angle + phase), start + at) for at, angle in _along(down))


def _along(length: float) -> Iterator[tuple[float, float]]:
    waves = max(1, round(length / WAVE_MM))
    for step in range(waves * STEPS_A_WAVE + 1):
        yield length * step / (waves * STEPS_A_WAVE), 2 * math.pi * step / STEPS_A_WAVE


def _corner(x: float, y: float, radius: float, color: str) -> Iterator[Part]:
    disc = tuple(_round(x, y, radius * 1.05, 48))
    yield Curve(disc, 0.3, color, closed=True, fill="255 255 255")
    for depth, turn in ((0.35, 0.0), (0.35, math.pi / 8), (0.6, math.pi / 16)):
        points = []
        for step in range(97):
            angle = 2 * math.pi * step / 96
            length = radius * 0.95 * (1 - depth / 2 + depth / 2 * math.cos(8 * (angle + turn)))
            points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
        yield Curve(tuple(points), 0.15, color, closed=True)


def _round(x: float, y: float, radius: float, steps: int) -> Iterator[tuple[float, float]]:
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        yield x + radius * math.cos(angle), y + radius * math.sin(angle)


def _petals(x: float, y: float, radius: float, depth: float, phase: float) -> Points:
    points = []
    for step in range(ROSETTE_STEPS):
        angle = 2 * math.pi * step / ROSETTE_STEPS
        length = radius * (1 - depth + depth * math.sin(PETALS * (angle + phase)))
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    return tuple(points)
