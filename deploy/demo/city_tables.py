"""Reads the source tables of the demo city."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib_kernel import credit_code_check

SOURCE = Path(__file__).parent / "city_source"
Record = dict[str, Any]


def rank(*parts: str) -> int:
    """Return a number that scatters names evenly and is the same on every machine."""
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:6], "big")


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a source table without comments."""
    for line in (SOURCE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def item_groups() -> list[tuple[list[str], list[str]]]:
    """Return each department's head (name, short name, group, audience, law) with its items' names."""
    groups: list[tuple[list[str], list[str]]] = []
    for name in ("items_1.txt", "items_2.txt", "items_3.txt"):
        for line in lines(name):
            if line.startswith("@"):
                groups.append(([part.strip() for part in line[1:].split("|")], []))
            else:
                groups[-1][1].extend(line.split())
    return groups


def full_name(name: str) -> str:
    """Return a department's name with the city's in front where it belongs."""
    return f"平顶山{name}" if name.startswith("市") else name


def credit_code(number: int) -> str:
    """Return a well-formed credit code of a made-up public body."""
    body = f"005184{number:02d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    first = f"11410400{body}" + {10: "X", 11: "0"}.get(check, str(check))
    return first + credit_code_check(first)
