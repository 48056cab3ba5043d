"""The demo city's inhabitants: made up, each the same every time.

Their numbers are well formed and nobody's: the order number 000 is given to no one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pupils import FAMILY

from lib_kernel import citizen_id_check

INHABITANTS = 9_000
DIVISIONS = (
    "410402",
    "410403",
    "410404",
    "410411",
    "410421",
    "410422",
    "410423",
    "410425",
    "410481",
    "410482",
)
GIVEN = "建国秀英志强桂兰伟芳敏静丽军洋勇艳杰娟涛明超霞平刚玲红梅鹏飞雪松"
FIRST_BIRTHDAY = date(1950, 1, 1)
BIRTHDAYS = 20_000
ID_CARD = "111"


@dataclass(frozen=True)
class Person:
    """Someone who applies for things."""

    name: str
    number: str
    phone: str
    division: str


@cache
def person(order: int) -> Person:
    """Return one of the inhabitants."""
    division = DIVISIONS[order % len(DIVISIONS)]
    # The step shares no factor with the span, so no two have division and birthday in common.
    born = FIRST_BIRTHDAY + timedelta(days=order * 37 % BIRTHDAYS)
    first = f"{division}{born:%Y%m%d}000"
    given = GIVEN[order * 7 % len(GIVEN)] + GIVEN[order * 13 % len(GIVEN)]
    return Person(
        name=FAMILY[order % len(FAMILY)] + given,
        number=first + citizen_id_check(first),
        phone=f"1390375{order:04d}",
        division=division,
    )
