"""A seal's life through the gateway."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import httpx
from journey import Journey
from platform_runner import Runner

from lib_ofd import Document, Text


async def test_a_seal_from_application_to_revocation(runner: Runner) -> None:
    """Two keepers, a batch by the worker, anyone who verifies: all through the gateway."""
    demo = runner.demo
    told: list[str] = []
    journey = Journey(demo, told.append)
    keeper, second = journey.person("staff", "seal_keeper"), journey.person("staff", "admin")
    order = {
        "code": "4104000099001",
        "name": "平顶山市政务服务中心",
        "department": "410400",
        "kind": "special",
        "line": "行政审批专用章",
        "users": [{"user": "s_keeper", "purpose": "归档"}],
    }
    preview = {name: order[name] for name in ("name", "kind", "line", "code")}
    assert (await journey.ask(keeper, "POST", "seal-previews", json=preview)).startswith(b"\x89PNG")
    await journey.ask(keeper, "POST", "seals", json=order)
    own = await keeper.post(f"seals/{order['code']}/approval")
    assert own.json()["type"] == "/problems/four-eyes"
    assert (await journey.ask(second, "POST", f"seals/{order['code']}/approval"))["status"] == "active"

    page = Document(UUID(int=9), "归档件", datetime(2026, 3, 4, tzinfo=UTC))
    page.add(Text(30, 60, "归档件"), Text(150, 150, "（盖章）"))
    place = {"keyword": {"text": "（盖章）"}}
    batch = {"seal_code": order["code"], "purpose": "归档", "place": place}
    path = f"seal-batches/{(await journey.ask(keeper, 'POST', 'seal-batches', json=batch))['id']}"
    encoded = base64.b64encode(page.build()).decode()
    documents = [{"name": f"{number}.ofd", "document": encoded} for number in range(5)]
    await journey.ask(keeper, "POST", f"{path}/documents", json={"documents": documents})
    await journey.ask(keeper, "POST", f"{path}/start")

    async def finished() -> bool:
        return bool((await journey.ask(keeper, "GET", path))["status"] == "finished")

    await journey.wait_for("批次完成", finished)
    sealed = await journey.ask(keeper, "GET", f"{path}/documents/3")
    async with httpx.AsyncClient(base_url=demo["base_url"], timeout=20) as public:
        upload = {"content-type": "application/octet-stream"}
        url = "/public/v1/document-verifications"
        said = (await public.post(url, content=sealed, headers=upload)).json()
        assert said["valid"], said["text"]
        await journey.ask(
            keeper, "POST", f"seals/{order['code']}/revocation", json={"reason": "key_compromise"}
        )
        said = (await public.post(url, content=sealed, headers=upload)).json()
        assert not said["valid"]
        assert "密钥泄露" in said["text"]
        listed = await public.get("/public/v1/revocation-list")
        assert listed.headers["content-type"] == "application/pkix-crl"
        assert b"BEGIN CERTIFICATE" in (await public.get("/public/v1/authority-certificates")).content
    assert (await journey.ask(keeper, "POST", "seal-audit/verification"))["whole"]
    for client in journey.clients.values():
        await client.aclose()
