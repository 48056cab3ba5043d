"""A running svc-catalog on its own database, with a few places and items."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from lib_db import Sessions, make_engine, make_sessions
from lib_testing import Clients, FixedClock, field_keys_file, internal_keys_file, running
from svc_catalog.element.domain import ITEM_KINDS
from svc_catalog.main import create_app
from svc_catalog.seed import seed
from svc_catalog.service import MIGRATIONS
from svc_catalog.settings import Settings

MARKET = "114104000051846037"
FOOD_PERMIT = "410131016001"
DEMO_CITY = Path(__file__).parents[2] / "deploy" / "demo" / "city"


def an_item(code: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return an item as the city's data file has it, complete and without contradiction."""
    result = changes.get("result_license_type")
    return {
        "code": code,
        "implementation_code": f"{MARKET}3{code}",
        "name": name,
        "kind": next(kind for kind, number in ITEM_KINDS.items() if number == code[2:4]),
        "department": MARKET,
        "department_name": "平顶山市市场监督管理局",
        "body_kind": "statutory",
        "power_source": "statutory",
        "levels": ["city"],
        "window_group": "business",
        "audience": ["enterprise"],
        "served": ["person", "enterprise"],
        "case_type": "promised",
        "statutory_days": 20,
        "statutory_unit": "working_day",
        "promised_days": 3,
        "promised_unit": "working_day",
        "special_procedures": [],
        "visits": 0,
        "handling_ways": ["window", "online"],
        "handled_in": "city",
        "single_sign_on": ["pc", "mobile"],
        "booking": True,
        "express": True,
        "online_payment": False,
        "channels": ["pc", "mobile"],
        "unified_acceptance": True,
        "high_frequency": True,
        "cross_province": [],
        "place": "叶县政务服务中心二楼",
        "hours": "周一至周五 9:00—17:00",
        "enquiry": "12345",
        "complaint": "12345",
        "materials": [{"name": "申请书", "kind": "form", "required": True, "satisfied_by": None}],
        "flow": [
            {"code": "1", "name": "受理", "actor": "窗口", "days": 0, "after": []},
            {"code": "2", "name": "决定", "actor": "市场监管局", "days": 3, "after": ["1"]},
        ],
        "results": [
            {"name": "许可证", "kind": "licence", "license_type": result}
            if result
            else {"name": "批准文书", "kind": "document"}
        ],
        "result_license_type": None,
        "is_charged": False,
        "fee": "不收费",
        "fees": [],
        "legal_basis": "《中华人民共和国食品安全法》",
        "conditions": "有固定经营场所",
        "questions": [],
        "keywords": [],
        "form": {"type": "object", "properties": {}},
        **changes,
    }


FORM = {
    "type": "object",
    "properties": {"operator_name": {"type": "string", "title": "经营者名称", "minLength": 1}},
    "required": ["operator_name"],
    "additionalProperties": False,
}

ITEMS = [
    an_item(FOOD_PERMIT, "食品经营许可（新办）", form=FORM, result_license_type="LT1", keywords=["餐饮"]),
    an_item("410131016002", "食品经营许可变更", channels=["pc"]),
    an_item("410131016003", "营业执照办理", audience=["person", "enterprise"]),
    an_item(
        "410120001001",
        "不动产转移登记",
        window_group="real_estate",
        high_frequency=False,
        channels=["pc", "mobile", "bank_window"],
    ),
]

POINT = {
    "code": "410422-HALL",
    "name": "叶县政务服务中心",
    "kind": "county_hall",
    "division": "410422000000",
    "address": "叶县昆阳大道",
    "longitude": 113.35,
    "latitude": 33.62,
    "always_open": False,
    "hours": {"mon": [["09:00", "12:00"]]},
    "groups": [{"code": "business", "capacity": 3, "windows": ["1号窗口"]}],
    "bank": None,
}


@pytest.fixture
def make_item() -> Callable[..., dict[str, Any]]:
    """Return the builder of items."""
    return an_item


@pytest.fixture
def more_city() -> dict[str, list[dict[str, Any]]]:
    """Return what a folder of tests needs beside the few places and items, by file."""
    return {}


@pytest.fixture
def city(tmp_path: Path, more_city: dict[str, list[dict[str, Any]]]) -> Path:
    """Return a folder with the city's data files."""
    files: dict[str, list[dict[str, Any]]] = {
        "divisions": [{"code": "410422000000", "name": "叶县", "level": "county", "parent": "410400000000"}],
        "departments": [
            {
                "code": MARKET,
                "name": "平顶山市市场监督管理局",
                "short_name": "市场监管局",
                "division": "410400000000",
            },
        ],
        "service_points": [POINT],
        "items": ITEMS,
    }
    for name in files | more_city:
        records = [*files.get(name, []), *more_city.get(name, [])]
        (tmp_path / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    return tmp_path


@pytest_asyncio.fixture
async def database(make_database: Callable[[Path], Awaitable[str]], city: Path) -> str:
    """Return the address of a database that holds the city's data."""
    url = await make_database(MIGRATIONS)
    assert await seed(url, city) >= len(ITEMS)
    return url


@pytest_asyncio.fixture
async def sessions(database: str) -> AsyncGenerator[Sessions]:
    """Return sessions on it."""
    engine = make_engine(database)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
def settings(database: str, nats_url: str, tmp_path: Path) -> Settings:
    """Return settings of a service under test."""
    return Settings(
        database_url=database,
        nats_url=nats_url,
        internal_keys_file=internal_keys_file(tmp_path, "gateway", "svc-license"),
        field_keys_file=field_keys_file(tmp_path),
        files_url=f"file://{tmp_path / 'files'}",
        log_level="WARNING",
    )


@pytest_asyncio.fixture
async def service(settings: Settings, clock: FixedClock) -> AsyncGenerator[Clients]:
    """Return clients of the running service."""
    async with running(create_app(settings, clock)) as clients:
        yield clients


@pytest_asyncio.fixture
async def city_database(make_database: Callable[..., Awaitable[str]]) -> str:
    """Return the address of a database that holds the demo city, all items and bundles."""
    return await make_database(MIGRATIONS, ("template_demo_city", lambda url: seed(url, DEMO_CITY)))


@pytest_asyncio.fixture
async def whole_city(city_database: str) -> AsyncGenerator[Sessions]:
    """Return sessions on the demo city."""
    engine = make_engine(city_database)
    yield make_sessions(engine)
    await engine.dispose()
