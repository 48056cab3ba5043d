"""A leader opens the daily digest in a browser: log-in at the identity provider, the page, the way out."""

import re
from datetime import date

import httpx
from platform_runner import Runner

PAGE = "/staff/pages/digest"


async def test_a_leader_logs_in_looks_at_the_digest_and_leaves(runner: Runner) -> None:
    origin = runner.demo["base_url"]
    day = f"{date.today():%Y-%m-%d}"  # noqa: DTZ011 - any day will do, as the address is only carried along
    async with httpx.AsyncClient(base_url=origin, timeout=30) as browser:
        led = await browser.get(PAGE, params={"day": day}, follow_redirects=True)
        assert led.url.path == "/authorize"
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', led.text))
        chosen = await browser.post(str(led.url.copy_with(query=None)), data={**form, "user": "leader"})
        back = await browser.get(chosen.headers["location"], follow_redirects=True)
        assert (back.status_code, back.url.path, back.url.params["day"]) == (200, PAGE, day)
        asked = await browser.get(f"/staff/v1/digests/{day}/page")
        assert asked.status_code in {200, 404}  # A day without a digest is said by the service.
        again = await browser.get(chosen.headers["location"])
        assert again.status_code == 401  # A code is good once.
        left = await browser.post("/staff/logout", headers={"Sec-Fetch-Site": "same-origin"})
        out = await browser.get(left.json()["next"], follow_redirects=True)
        assert (out.status_code, out.url.path) == (200, "/staff/logged-out")
        assert (await browser.get(f"/staff/v1/digests/{day}/page")).status_code == 401
