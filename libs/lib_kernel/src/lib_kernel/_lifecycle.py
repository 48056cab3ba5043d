"""One table of allowed moves per lifecycle, read by one function."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from lib_kernel._errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


def move(current: S, wanted: S, allowed: Mapping[S, frozenset[S]]) -> S:
    """Return `wanted` if the table lists the move.

    Raises:
        IllegalMove: the table does not list it; the message names both states.
    """
    if wanted not in allowed[current]:
        raise IllegalMove(
            f"状态 {current.value} 不能变为 {wanted.value}",
            current=current.value,
            wanted=wanted.value,
            allowed=sorted(state.value for state in allowed[current]),
        )
    return wanted
