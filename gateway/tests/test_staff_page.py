"""The page of the daily digest: open to a browser, empty without a token, and safe to put answers into."""

import re
from datetime import UTC, date, datetime

from gateway_city import City

from gateway.messages import write
from lib_contracts.complaint import DigestReady

PAGE = "/staff/pages/digest"


async def test_the_page_opens_without_a_token_and_holds_nothing(city: City) -> None:
    answer = await city.client.get(PAGE, params={"day": "2026-03-04"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<main id="content"></main>' in answer.text
    assert city.catalog.calls == city.booking.calls == 0
    assert (await city.client.get("/staff/v1/digests/2026-03-04/page")).status_code == 401


async def test_what_is_put_into_it_can_run_no_script(city: City) -> None:
    answer = await city.client.get(PAGE)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|https?:", answer.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert (await city.client.get(address)).status_code == 200


def test_the_message_says_where_the_digest_is() -> None:
    day, now = date(2026, 3, 4), datetime(2026, 3, 5, tzinfo=UTC)
    event = DigestReady(
        day=day, person_id="s_leader", received=1, closed=1, open=0, overdue=0, happened_at=now
    )
    assert f"{PAGE}?day=2026-03-04" in write(event).text
