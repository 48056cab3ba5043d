"""The demo city's licence types and seals."""

from city_places import departments
from city_tables import Record, credit_code, full_name, item_groups, lines

HALL_DEPARTMENT = "平顶山市数据局"


def results() -> list[tuple[str, str, list[str]]]:
    """Return licence types as (code, name, words of the items that give one)."""
    return [(record["code"], record["name"], record["words"]) for record in licence_table()]


def licence_table() -> list[Record]:
    """Return the licence types; `fields` are those that an application form asks for."""
    numbers = {full_name(head[0]): number for number, (head, _) in enumerate(item_groups(), 1)}
    found = []
    for place, line in enumerate(lines("license_types.txt"), 1):
        name, owner, validity, layout, words, fields = (part.strip() for part in line.split("|"))
        issuer = credit_code(numbers[full_name(owner)])
        details = [_field(text) for text in fields.split(", ")]
        found.append(
            {
                "code": f"{issuer}{place:03d}",
                "name": name,
                "issuer": issuer,
                "validity": _validity(validity),
                "layout": layout,
                "words": words.split(),
                "details": details,
                "fields": [(field["name"], field["title"]) for field in details if field["asked"]],
            }
        )
    return found


def _field(text: str) -> Record:
    name, title, *kind = text.split()
    return {
        "name": name.rstrip("?"),
        "title": title,
        "asked": not name.endswith("?"),
        "kind": (kind or [""])[0],
    }


def _validity(text: str) -> Record:
    rule, _, value = text.partition(":")
    if rule == "-":
        return {"rule": "none"}
    if rule == "birthday":
        return {"rule": "birthday", "age": int(value)}
    if rule == "field":
        return {"rule": "field", "field": value}
    return {"rule": "years", "years": int(rule)}


def _schema(details: list[Record]) -> Record:
    """Return the JSON Schema of a licence's fields; the first always has to be there."""
    formats = {"date": "date", "id": "citizen-id", "credit": "credit-code", "photo": "photo"}
    properties = {}
    for field in details:
        about = {"type": "string", "title": field["title"], "minLength": 1}
        about["maxLength"] = 140_000 if field["kind"] == "photo" else 400
        if field["kind"]:
            about["format"] = formats[field["kind"]]
        properties[field["name"]] = about
    return {
        "type": "object",
        "properties": properties,
        "required": [details[0]["name"]],
        "additionalProperties": False,
    }


def license_types() -> list[Record]:
    """Return the licence types."""
    return [
        {
            "code": record["code"],
            "name": record["name"],
            "issuer_department": record["issuer"],
            "holder_kind": "person" if record["fields"][0][0] == "holder" else "enterprise",
            "validity_years": record["validity"].get("years"),
            "validity": record["validity"],
            "layout": record["layout"],
            "fields": [{"name": field["name"], "title": field["title"]} for field in record["details"]],
            "schema": _schema(record["details"]),
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


def legal_grounds() -> list[Record]:
    """Return the laws under which departments may read licences without asking their holders."""
    codes = {record["name"]: record["code"] for record in licence_table()}
    departments_by_name = {record["name"]: record["code"] for record in departments()}
    found = []
    for place, line in enumerate(lines("legal_grounds.txt"), 1):
        reader, name, basis = (part.strip() for part in line.split("|"))
        found.append(
            {
                "code": f"LG{place:03d}",
                "reader": departments_by_name[full_name(reader)],
                "license_type": codes[name],
                "basis": basis,
            }
        )
    return found
