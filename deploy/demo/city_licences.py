"""The demo city's licence types and seals."""

from city_places import departments
from city_tables import Record, credit_code, full_name, item_groups, lines

HALL_DEPARTMENT = "平顶山市数据局"


def results() -> list[tuple[str, str, list[str]]]:
    """Return licence types as (code, name, words of the items that give one)."""
    return [(record["code"], record["name"], record["words"]) for record in licence_table()]


def licence_table() -> list[Record]:
    numbers = {full_name(head[0]): number for number, (head, _) in enumerate(item_groups(), 1)}
    found = []
    for place, line in enumerate(lines("license_types.txt"), 1):
        name, owner, years, words, fields = (part.strip() for part in line.split("|"))
        issuer = credit_code(numbers[full_name(owner)])
        found.append(
            {
                "code": f"{issuer}{place:03d}",
                "name": name,
                "issuer": issuer,
                "years": None if years == "-" else int(years),
                "words": words.split(),
                "fields": [tuple(pair.split()) for pair in fields.split(", ")],
            }
        )
    return found


def license_types() -> list[Record]:
    """Return the licence types."""
    return [
        {
            "code": record["code"],
            "name": record["name"],
            "issuer_department": record["issuer"],
            "holder_kind": "person" if record["fields"][0][0] == "holder" else "enterprise",
            "validity_years": record["years"],
            "fields": [{"name": key, "title": title} for key, title in record["fields"]],
        }
        for record in licence_table()
    ]


def seals() -> list[Record]:
    """Return one unit seal for each department that issues licences, and the hall's special-purpose seal."""
    names = {record["code"]: record["name"] for record in departments()}
    issuers = sorted({record["issuer"] for record in licence_table()})
    approved = {"created_by": "s_keeper", "approved_by": "s_seal_supervisor"}
    units = [
        {
            "code": f"4104000{place:06d}",
            "name": names[issuer],
            "department": issuer,
            "kind": "unit",
            **approved,
        }
        for place, issuer in enumerate(issuers, 1)
    ]
    hall = next(code for code, name in names.items() if name == HALL_DEPARTMENT)
    special = {
        "code": "4104000090001",
        "name": names[hall],
        "department": hall,
        "kind": "special",
        "line": "政务服务专用章",
        "users": [{"user": "s_keeper", "purpose": "*"}],
        **approved,
    }
    return [*units, special]
