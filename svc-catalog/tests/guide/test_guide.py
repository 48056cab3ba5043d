"""Guides and flow charts."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_testing import PUBLIC, Clients
from svc_catalog.guide.domain import BOX_HEIGHT, BOX_WIDTH, chart_of
from svc_catalog.guide.picture import flow_chart

CODE = "410131016001"


@st.composite
def flows(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 8))
    return [
        {
            "code": str(number),
            "name": f"环节{number}",
            "actor": "窗口",
            "days": draw(st.integers(0, 9)),
            "after": draw(st.lists(st.integers(0, number - 1).map(str), unique=True)) if number else [],
        }
        for number in range(count)
    ]


@given(flows())
def test_boxes_never_overlap_and_arrows_lead_downwards(steps: list[dict[str, Any]]) -> None:
    chart = chart_of(steps)
    assert len(chart.boxes) == len(steps)
    assert len(chart.arrows) == sum(len(step["after"]) for step in steps)
    assert all(before.y + BOX_HEIGHT < after.y for before, after in chart.arrows)
    for number, one in enumerate(chart.boxes):
        assert one.x >= 0
        assert one.x + BOX_WIDTH <= chart.width
        assert one.y + BOX_HEIGHT <= chart.height
        for other in chart.boxes[number + 1 :]:
            assert abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT


def test_the_picture_is_well_formed_and_safe() -> None:
    step = {"code": "1", "name": "<script>", "actor": "平顶山市某某局", "days": 3, "after": []}
    text = flow_chart('"<b>', [step])
    ElementTree.fromstring(text)  # noqa: S314 - our own text
    assert "<script>" not in text
    assert "市某某局 · 3 个工作日" in text


async def test_the_guide_tells_everything_and_is_not_sent_twice(service: Clients) -> None:
    client = service.as_(PUBLIC)
    answer = await client.get(f"/v1/items/{CODE}/guide")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    wanted = ("食品经营许可（新办）", "申请书", "3 个工作日", "叶县政务服务中心", "<svg", "设定依据")
    assert [told for told in wanted if told not in page] == []
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!/assets/)', page)
    tag = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(f"/v1/items/{CODE}/guide", headers=tag)).status_code == 304
    chart = await client.get(f"/v1/items/{CODE}/flow-chart")
    assert chart.headers["content-type"] == "image/svg+xml"
    ElementTree.fromstring(chart.text)  # noqa: S314 - our own text


@pytest.mark.parametrize("part", ["guide", "flow-chart"])
async def test_an_unknown_item_has_no_guide(service: Clients, part: str) -> None:
    assert (await service.as_(PUBLIC).get(f"/v1/items/1/{part}")).status_code == 404


async def test_the_page_data_need_no_second_source(service: Clients) -> None:
    page = (await service.as_(PUBLIC).get(f"/v1/items/{CODE}")).json()
    assert page["service_points"] == [
        {
            "code": "410422-HALL",
            "name": "叶县政务服务中心",
            "kind": "county_hall",
            "division": "410422000000",
            "address": "叶县昆阳大道",
            "always_open": False,
        }
    ]
    told = {fact["label"]: fact["value"] for section in page["sections"] for fact in section["facts"]}
    assert told["权力来源"] == "法定本级行使"
    assert told["承诺办结时限"] == "3 个工作日"
    elements = (await service.as_(PUBLIC).get("/v1/items/elements")).json()["items"]
    assert {element["name"] for element in elements} <= set(page)
