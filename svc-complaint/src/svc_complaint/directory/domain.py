"""The city's departments and divisions as far as cases need them."""

import re
from dataclasses import dataclass

from lib_kernel import Invalid

CITY = "410400000000"


class NoSuchOrg(Invalid):
    """There is no such department or division."""

    code = "org-unknown"
    title = "没有这个部门或区划"


@dataclass(frozen=True)
class Contact:
    """Who is told of a department's cases; `department` `*` stands for all."""

    department: str
    role: str
    staff_id: str


def division_of(service_point: str | None) -> str:
    """Return the division of a service point: its code begins with the county's six digits."""
    found = re.match(r"^\d{6}", service_point or "")
    return f"{found[0]}000000" if found else CITY
