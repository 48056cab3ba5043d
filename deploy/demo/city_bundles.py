"""The demo city's bundles: written with the names of items and departments, shipped with their codes."""

import json

from city_tables import SOURCE, Record, credit_code, item_groups


def bundles(items: list[Record]) -> list[Record]:
    """Return the bundles by code. Raises KeyError naming an item or department that is not there."""
    codes = {item["name"]: item["code"] for item in items}
    owners = {head[1]: credit_code(number) for number, (head, _) in enumerate(item_groups(), 1)}
    found = []
    for path in sorted((SOURCE / "bundles").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        record["lead_department"] = owners[record["lead_department"]]
        for stage in record["stages"]:
            if "lead_department" in stage:
                stage["lead_department"] = owners[stage["lead_department"]]
        for member in record["items"]:
            member["item"] = codes[member["item"]]
            member["after"] = [codes[name] for name in member.get("after", [])]
        for rule in record["material_rules"]:
            if "item" in rule:
                rule["item"] = codes[rule["item"]]
        found.append(record)
    return sorted(found, key=lambda record: str(record["code"]))
