"""What belongs to one citizen is closed to another: every route that takes an id, from the route table."""

import httpx
from channel_document import example_body, operations
from journey import Journey
from platform_runner import Runner

from gateway.routes import TABLE
from gateway.routing import Route, read_table

CHANNEL = "mobile"
ROUTES = [
    route
    for route in read_table(TABLE).routes
    if CHANNEL in route.channels and "{id}" in route.template and not route.is_stream
]


def noun_of(route: Route) -> str:
    """Return the list that the id of a route comes from."""
    return route.template.split("/{id}", 1)[0]


async def test_nothing_of_one_citizen_opens_to_another(runner: Runner) -> None:
    demo, mobile = runner.demo, runner.demo["channels"][CHANNEL]
    await Journey(demo, lambda _: None).walk()  # Now the citizen has one of most things.
    owner, other = (
        {"Authorization": f"Bearer {mobile[name]['token']}"} for name in ("citizen_a", "citizen_b")
    )
    opened, unproven, asked = [], [], 0
    async with httpx.AsyncClient(base_url=f"{demo['base_url']}/{CHANNEL}", timeout=30) as client:
        document = (await client.get(f"{demo['base_url']}/{CHANNEL}/openapi.json")).json()
        known = {(each.method.upper(), each.path): each for each in operations(document)}
        for route in ROUTES:
            listed = await client.get(noun_of(route), headers=owner)
            items = listed.json().get("items") if listed.status_code == 200 else None
            if not items or "id" not in items[0]:
                continue
            path = route.template.replace("{id}", str(items[0]["id"])).replace("{", "").replace("}", "")
            body = example_body(known[route.method, f"/{CHANNEL}{route.template}"])
            options = {} if body is None or isinstance(body, bytes) else {"json": body}
            answer = await client.request(route.method, path, headers=other, **options)
            asked += 1
            named = f"{route.method} {route.template} {answer.status_code}"
            if answer.status_code < 400:
                opened.append(named)
            elif answer.status_code not in {403, 404}:
                unproven.append(f"{named} {answer.text[:200]}")
    assert opened == []
    assert unproven == []
    assert asked >= 10
