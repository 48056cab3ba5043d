"""What belongs to one citizen is closed to another: every route that takes an id, from the route table."""

import httpx
from channel_document import content_of, example, operations
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
            answer = listed.json()
            items = answer.get("items") if isinstance(answer, dict) else None
            if not items or "id" not in items[0]:
                continue
            case = example(known[route.method, f"/{CHANNEL}{route.template}"])
            path = route.template.format_map({**case.path_parameters, "id": items[0]["id"]})
            content = content_of(case)
            headers = {**content.pop("headers", {}), **other}
            answer = await client.request(
                route.method, path, params=case.query or None, headers=headers, **content
            )
            asked += 1
            named = f"{route.method} {route.template} {answer.status_code}"
            if answer.status_code < 400:
                opened.append(named)
            elif answer.status_code not in {403, 404}:
                unproven.append(f"{named} {answer.text[:200]}")
    assert not opened, "\n".join(opened)
    assert not unproven, "\n".join(unproven)
    assert asked >= 10
