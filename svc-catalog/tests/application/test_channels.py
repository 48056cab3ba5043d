"""What banks and terminals may hand in, and whose their applications are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from catalog_cases import BODY, CLERK, OFFICER, PLAIN, step, submitted
from sqlalchemy import select

from lib_db import Sessions
from lib_messaging import Envelope
from lib_testing import CITIZEN, Clients
from svc_catalog.database import MESSAGES

OFFERED = "410131016021"
THERE = {**PLAIN, "item_code": OFFERED}


@pytest.fixture
def more_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return an item that banks and terminals offer."""
    channels = ["pc", "mobile", "kiosk", "bank_self_service"]
    return {"items": [make_item(OFFERED, "经营信息登记", channels=channels)]}


async def test_every_event_of_a_banks_application_names_the_bank(
    service: Clients, sessions: Sessions
) -> None:
    counter = service.as_(replace(CITIZEN, channel="bank", partner="psbc", consent="c-1"))
    filed = await counter.post("/v1/applications", json=THERE)
    assert filed.status_code == 201, filed.text
    await submitted(service)
    await step(service, CLERK, f"applications/{filed.json()['id']}/acceptance")
    await step(service, OFFICER, f"applications/{filed.json()['id']}/approval")
    outbox = MESSAGES.outbox.c
    async with sessions() as session:
        wanted = select(outbox.envelope).where(outbox.type.like("catalog.application.%"))
        rows = await session.scalars(wanted.order_by(outbox.seq))
        told = [Envelope.model_validate_json(row).data["partner"] for row in rows]
    assert told == ["psbc", None, "psbc", "psbc", "psbc"]


@pytest.mark.parametrize("channel", ["bank", "kiosk"])
async def test_a_channel_takes_in_only_the_items_it_offers(service: Clients, channel: str) -> None:
    there = service.as_(replace(CITIZEN, channel=channel))
    refused = await there.post("/v1/applications", json=BODY)
    assert (refused.status_code, refused.json()["items"]) == (403, [BODY["item_code"]])
    saved = {"item_code": BODY["item_code"], "title": "x", "content": BODY}
    draft = (await service.as_(CITIZEN).post("/v1/drafts", json=saved)).json()
    handed_in = await there.post(f"/v1/drafts/{draft['id']}/submission")
    assert (handed_in.status_code, handed_in.json()["type"]) == (403, "/problems/item-not-on-channel")
    assert (await there.post("/v1/applications", json=THERE)).status_code == 201
