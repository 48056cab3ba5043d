"""The page of the daily digest: for staff who are logged in, and safe to put answers into."""

import re
from datetime import UTC, date, datetime

from gateway_city import City, token

from gateway.messages import write
from lib_contracts.complaint import DigestReady

PAGE = "/staff/pages/digest"


async def test_the_page_is_staffs_alone_and_leads_others_to_the_log_in(city: City) -> None:
    answer = await city.client.get(PAGE, params={"day": "2026-03-04"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/staff/login?next=%2Fstaff%2Fpages%2Fdigest%3Fday%3D2026-03-04"
    assert (await city.client.get("/staff/v1/digests/2026-03-04/page")).status_code == 401


async def test_what_is_put_into_it_can_run_no_script(city: City) -> None:
    secret = await city.parts.logins.begin(token(staff_id="s_leader", roles=["leader"]))
    answer = await city.client.get(PAGE, headers={"Cookie": f"staff={secret}"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|https?:", answer.text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert "/assets/staff.js" in addresses
    for address in addresses:
        assert (await city.client.get(address)).status_code == 200
    script = (await city.client.get("/assets/staff.js")).text
    assert not re.search(r"Storage|\btoken|Authorization|innerHTML", script)


def test_the_message_says_where_the_digest_is() -> None:
    day, now = date(2026, 3, 4), datetime(2026, 3, 5, tzinfo=UTC)
    event = DigestReady(
        day=day, person_id="s_leader", received=1, closed=1, open=0, overdue=0, happened_at=now
    )
    assert f"{PAGE}?day=2026-03-04" in write(event).text
