"""What partners may ask in a minute and a day, and what they asked."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from gateway_city import City
from gateway_partner import NOW, a_partner, kind, register
from gateway_replica import eventually, replica

from gateway.guards import TooManyRequests
from gateway.partner.usage import Usage
from lib_partner import SignedAuth


@pytest.mark.parametrize("query", ["last=0001-01-01", "first=9999-12-31"])
async def test_a_usage_report_of_days_that_no_clock_can_hold_is_refused(city: City, query: str) -> None:
    key = await register(city, "ccb")
    refused = await city.bank("GET", f"/bank/v1/me/usage?{query}", key)
    assert kind(refused) == (422, "malformed")
    assert refused.json()["errors"][0]["field"] == query[: query.index("=")]


async def test_quotas_count_the_requests_of_all_replicas(city: City) -> None:
    key = await register(city, "ccb", quota={"per_day": 6, "per_minute": None})
    async with replica(city) as other:
        for _ in range(3):
            assert (await city.bank("GET", "/bank/v1/me", key)).status_code == 200
        await city.parts.usage.flush()

        async def is_told() -> bool:
            answer = await other.get("/bank/v1/me", auth=SignedAuth(key))
            return answer.status_code == 429

        # The other replica may answer three, once it knows of the three here.
        await eventually(is_told)
        refused = await other.get("/bank/v1/me", auth=SignedAuth(key))
    assert kind(refused) == (429, "too-many-requests")
    assert (refused.json()["quota"], refused.json()["limit"]) == ("per_day", 6)
    # Until midnight in the city, told in the head and in the body.
    assert 0 < int(refused.headers["retry-after"]) == refused.json()["retry_after"] <= 24 * 3600


async def test_a_quota_of_a_minute_ends_with_the_minute(city: City) -> None:
    clock = FixedMinute()
    usage = Usage(city.nats, clock)
    partner = a_partner(quota=replace(a_partner().quota, per_minute=2))
    usage.take(partner)
    usage.take(partner)
    clock.moment = NOW.replace(second=17, microsecond=1)
    with pytest.raises(TooManyRequests, match="本分钟") as refused:
        usage.take(partner)
    assert refused.value.facts["retry_after"] == 43
    clock.moment += timedelta(seconds=43)
    usage.take(partner)


async def test_a_quota_of_a_day_ends_at_midnight_in_the_city(city: City) -> None:
    clock = FixedMinute()
    clock.moment = datetime(2026, 3, 4, 15, 58, 30, 1, tzinfo=UTC)
    usage = Usage(city.nats, clock)
    partner = a_partner(quota=replace(a_partner().quota, per_day=1))
    usage.take(partner)
    with pytest.raises(TooManyRequests, match="今日") as refused:
        usage.take(partner)
    assert refused.value.facts["retry_after"] == 90
    clock.moment += timedelta(seconds=90)
    usage.take(partner)


class FixedMinute:
    """A clock that stands."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment


async def test_usage_is_reported_by_day_operation_and_status(city: City) -> None:
    key = await register(city, "ccb", scopes=["catalog:read"])
    for _ in range(2):
        await city.bank("GET", "/bank/v1/items", key)
    await city.bank("GET", "/bank/v1/appointments", key)
    admin = city.staff("admin")
    report = (await city.client.get("/staff/v1/partners/ccb/usage", headers=admin)).json()
    rows = {(row["operation"], row["status"]): row["count"] for row in report["items"]}
    assert rows == {("GET /v1/items", 200): 2, ("GET /v1/appointments", 403): 1}
    assert report["total"] == 3
    book = await city.client.get("/staff/v1/partners/ccb/usage.xlsx", headers=admin)
    [page] = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets
    assert [cell.value for cell in page[1]] == ["日期", "接口", "状态", "次数"]
    assert page.max_row == 3
    own = (await city.bank("GET", "/bank/v1/me/usage", key)).json()
    assert own["total"] == 3
    params = {"first": "2026-01-01", "last": "2026-12-31"}
    wide = await city.client.get("/staff/v1/partners/ccb/usage", headers=admin, params=params)
    assert (wide.status_code, wide.json()["field"]) == (422, "first")
