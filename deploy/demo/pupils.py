"""The demo's pupils: 1,414 of 20 schools in five districts, made up, with what departments know of them.

Numbers are well formed and nobody's. The same code gives the same pupils.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from lib_kernel import citizen_id_check

PUPILS = 1414
DISTRICTS = {
    "410402": ("新华区", ("光明路小学", "新华路小学", "湖滨路小学", "联盟路小学", "西市场小学")),
    "410403": ("卫东区", ("东安路小学", "卫东区实验小学", "雷锋小学", "东环路小学", "五一路小学")),
    "410411": ("湛河区", ("湛河区实验小学", "沁园小学", "轻工路小学", "东风路小学")),
    "410404": ("石龙区", ("石龙区中心小学", "龙兴小学")),
    "410491": ("高新区", ("高新区实验小学", "夏庄小学", "皇台小学", "遵化店小学")),
}
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "子涵浩宇欣怡梓萱俊杰雨桐思远佳琪明轩诗雅博文若曦"
FIRST_BIRTHDAY = date(2019, 9, 1)
VACCINES = ("麻腮风疫苗第2剂", "百白破疫苗加强剂")


@dataclass(frozen=True)
class School:
    """A school with its district."""

    code: str
    name: str
    division: str


@dataclass(frozen=True)
class Child:
    """A pupil with guardian, and the truth that the four departments hold."""

    name: str
    number: str
    guardian_name: str
    guardian_number: str
    guardian_phone: str
    relation: str
    school: School
    address: str
    address_code: str
    household_division: str
    is_registered: bool
    owns: bool
    missing_vaccines: tuple[str, ...]

    @property
    def is_clear(self) -> bool:
        """Return whether the departments' data alone shows that the child goes to the school."""
        in_district = self.household_division == self.school.division
        return self.is_registered and self.owns and not self.missing_vaccines and in_district


@cache
def schools() -> tuple[School, ...]:
    """Return the schools."""
    return tuple(
        School(f"{division}-S{number}", name, division)
        for division, (_, names) in DISTRICTS.items()
        for number, name in enumerate(names, 1)
    )


@cache
def children() -> tuple[Child, ...]:
    """Return all pupils."""
    return tuple(_child(number) for number in range(PUPILS))


def _child(number: int) -> Child:
    school = schools()[number % len(schools())]
    born = FIRST_BIRTHDAY + timedelta(days=number % 366)
    guardian_born = date(1986, 1, 1) + timedelta(days=number * 3 % 3000)
    family = FAMILY[number % len(FAMILY)]
    others = [division for division in DISTRICTS if division != school.division]
    house = f"{number % 97 + 1}号院{number % 23 + 1}号楼{number % 60 + 101}室"
    return Child(
        name=family + _given(number),
        number=_number(school.division, born, number % 1000),
        guardian_name=family + _given(number * 7 + 3),
        guardian_number=_number(school.division, guardian_born, (number * 2 + 1 + number // 1000) % 1000),
        guardian_phone=f"1380375{number:04d}",
        relation="母亲" if number % 2 else "父亲",
        school=school,
        address=f"{DISTRICTS[school.division][0]}和谐路{house}",
        address_code=f"A{number:05d}",
        household_division=others[number % len(others)] if number % 53 == 2 else school.division,
        is_registered=number % 97 != 3,
        owns=number % 29 != 0,
        missing_vaccines=VACCINES[: 1 + number % 2] if number % 37 == 1 else (),
    )


def _given(number: int) -> str:
    first, second = number * 5 % len(GIVEN), number * 11 % len(GIVEN)
    return GIVEN[first] + GIVEN[second]


def _number(division: str, born: date, order: int) -> str:
    first = f"{division}{born:%Y%m%d}{order:03d}"
    return first + citizen_id_check(first)
