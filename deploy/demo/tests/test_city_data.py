"""The committed city data are what the tables give, and fit together."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lib_kernel import is_credit_code

HERE = Path(__file__).parents[1]
CITY = HERE / "city"


def load(name: str) -> Any:
    return json.loads((CITY / f"{name}.json").read_text(encoding="utf-8"))


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate_city", HERE / "generate_city.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    generator().main(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    assert written == {path.name: path.read_bytes() for path in CITY.glob("*.json")}


def test_the_shares_of_the_citys_report_come_out() -> None:
    items = load("items")

    def share(count: int) -> float:
        return round(100 * count / len(items), 1)

    assert round(share(sum(item["visits"] <= 1 for item in items))) == 99
    assert share(sum(item["visits"] == 0 for item in items)) == 96.0
    assert share(sum(item["case_type"] == "instant" for item in items)) == 56.9
    assert share(sum(item["unified_acceptance"] for item in items)) == 79.5
    days = [(item["promised_days"], item["statutory_days"]) for item in items]
    assert round(100 * (1 - sum(p for p, _ in days) / sum(s for _, s in days)), 1) == pytest.approx(
        87.85, abs=0.06
    )


def test_rules_of_items_hold() -> None:
    for item in load("items"):
        assert item["promised_days"] <= item["statutory_days"]
        assert (item["promised_days"] == 0) == (item["case_type"] == "instant")
        assert item["implementation_code"] == f"{item['department']}3{item['code']}"
        assert len(item["implementation_code"]) == 31
        assert re.fullmatch(r"(《[\u4e00-\u9fff]{4,}》)+", item["legal_basis"])


def test_references_lead_somewhere() -> None:
    departments = {record["code"] for record in load("departments")}
    types = {record["code"]: record for record in load("license_types")}
    groups = {record["code"] for record in load("window_groups")}
    divisions = {record["code"] for record in load("divisions")}
    sealed = {record["department"] for record in load("seals")}
    for item in load("items"):
        assert item["department"] in departments
        assert item["window_group"] in groups
        assert item["result_license_type"] in {None, *types}
    assert {record["issuer_department"] for record in types.values()} <= sealed <= departments
    assert {point["division"] for point in load("service_points")} <= divisions


def test_departments_have_well_formed_credit_codes() -> None:
    departments = load("departments")
    assert len(departments) >= 30
    assert all(is_credit_code(record["code"]) for record in departments)


def test_every_terminal_hall_and_outlet_is_there() -> None:
    kinds = [point["kind"] for point in load("service_points")]
    wanted = {"city_hall": 1, "county_hall": 10, "township_centre": 15, "bank_outlet": 18, "self_service": 1}
    assert {kind: kinds.count(kind) for kind in wanted} == wanted


def test_the_24_hour_hall_offers_what_the_province_saw_there_first() -> None:
    at_hall = {item["name"]: item for item in load("items") if "kiosk" in item["channels"]}
    assert {"失业金补助申报", "二手房网签合同备案", "房屋维修基金征缴"} <= set(at_hall)
    assert len({item["department"] for item in at_hall.values()}) >= 16


def test_seals_are_approved_by_another_person() -> None:
    assert all(record["created_by"] != record["approved_by"] for record in load("seals"))
