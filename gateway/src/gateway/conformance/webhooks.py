"""Rules of webhooks and polling, played with a receiver that the sandbox calls."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from gateway.conformance.bench import Bench, Rule, told
from gateway.conformance.receiver import Received, Receiver
from gateway.conformance.requests import EVENT_TYPE, EVENTS
from lib_partner import SignatureRefused, WebhookVerifier


@dataclass
class Play:
    """The receiver with the verifier a bank would use."""

    bench: Bench
    receiver: Receiver
    url: str
    verifier: WebhookVerifier
    seen: list[str] = field(default_factory=list)

    async def subscribe(self) -> str:
        """Set the address of this check; return what came of it, with the gateway's own words if refused."""
        body = {"webhook": {"url": self.url, "algorithm": self.bench.key.algorithm}, "events": []}
        answer = await self.bench.send("PUT", "/bank/v1/webhook", json.dumps(body).encode())
        return "200" if answer.is_success else f"{told(answer)} {answer.json().get('detail', '')}"

    async def emit(self, count: int = 1, key: str | None = None, subject: str | None = None) -> list[str]:
        """Let the sandbox make events of one subject; return their ids."""
        body = {"type": EVENT_TYPE, "subject": subject or str(uuid4()), "count": count}
        headers = {"Idempotency-Key": key or uuid4().hex}
        answer = await self.bench.send("POST", EVENTS, json.dumps(body).encode(), headers)
        return [item["id"] for item in answer.json()["items"]]

    async def deliver(self, count: int = 1) -> tuple[list[str], list[Received]]:
        """Emit events and wait for as many calls as answers other than 2xx make necessary."""
        before = len(self.receiver.calls)
        failing = len(self.receiver.answers)
        ids = await self.emit(count)
        await self.receiver.wait_for(before + count + failing, self.bench.patience)
        return ids, self.receiver.calls[before:]

    def judge(self, call: Received, *, url: str | None = None, body: bytes | None = None) -> str:
        """Return what a bank's verifier says of a call."""
        try:
            self.verifier.verify("POST", url or self.url, call.headers, call.body if body is None else body)
        except SignatureRefused as refused:
            return refused.reason
        return "验签通过"


Scene = Callable[[Play], Awaitable[str]]


async def _signed(play: Play) -> str:
    ids, calls = await play.deliver()
    if not calls:
        return "没有收到推送"
    is_same = calls[0].headers.get("webhook-id") == ids[0] == json.loads(calls[0].body)["id"]
    return f"{play.judge(calls[0])} {'编号一致' if is_same else '编号不一致'}"


async def _verifier_refuses(play: Play) -> str:
    _, calls = await play.deliver()
    if not calls:
        return "没有收到推送"
    altered = play.judge(calls[0], body=calls[0].body + b" ")
    elsewhere = play.judge(calls[0], url=play.url + "/other")
    return f"{altered}; {elsewhere}; {play.judge(calls[0])}; {play.judge(calls[0])}"


async def _retried(play: Play) -> str:
    play.receiver.answers[:] = [500]
    ids, calls = await play.deliver()
    same = {call.headers.get("webhook-id") for call in calls} == set(ids)
    attempts = [call.headers.get("webhook-attempt") for call in calls]
    nonces = {call.headers.get("signature-input") for call in calls}
    fresh = "每次新签名" if len(nonces) == len(calls) else "签名重复使用"
    return (
        f"第 {'、'.join(str(number) for number in attempts)} 次 {'同一编号' if same else '编号不同'} {fresh}"
    )


async def _in_order(play: Play) -> str:
    play.receiver.answers[:] = [503]
    ids, calls = await play.deliver(5)
    taken = [str(call.headers.get("webhook-id")) for call in calls if call.answered == 204]
    places = [int(call.headers.get("webhook-sequence", 0)) for call in calls if call.answered == 204]
    return "依次到达" if taken == ids and places == sorted(places) else f"次序不符（{len(taken)} 个）"


async def _repeated_once(play: Play) -> str:
    before, key, subject = len(play.receiver.calls), uuid4().hex, str(uuid4())
    for _ in range(3):
        await play.emit(key=key, subject=subject)
    # A later event of another subject shows that what was before it has arrived.
    await play.deliver()
    count = sum(json.loads(call.body)["subject"] == subject for call in play.receiver.calls[before:])
    return f"{count} 次推送"


async def _polled(play: Play) -> str:
    ids, _ = await play.deliver(3)
    bench, found, pages = play.bench, list[str](), 0
    while pages < 50:
        page = (await bench.send("GET", "/bank/v1/events?limit=100")).json()
        if not page["items"]:
            break
        pages += 1
        found += [item["id"] for item in page["items"]]
        body = json.dumps({"cursor": page["cursor"]}).encode()
        await bench.send("POST", "/bank/v1/events/acknowledgement", body)
    is_complete = [name for name in found if name in ids] == ids
    again = (await bench.send("GET", "/bank/v1/events")).json()["items"]
    return (
        f"{'同样的事件' if is_complete else '事件不全'} {'确认后不再返回' if not again else '确认后仍返回'}"
    )


async def _ended(play: Play) -> str:
    play.receiver.answers[:] = [410]
    await play.emit(2)

    async def is_over() -> bool:
        shown = (await play.bench.send("GET", "/bank/v1/me")).json()
        return bool(shown["webhook"] and shown["webhook"]["ended"] == "410")

    is_ended = await play.bench.until(is_over)
    before = len(play.receiver.calls)
    await play.emit()
    await play.receiver.wait_for(before + 1, 3.0)
    quiet = len(play.receiver.calls) == before
    return f"{'订阅结束' if is_ended else '订阅未结束'} {'不再推送' if quiet else '仍在推送'}"


async def _refused_address(play: Play) -> str:
    body = {"webhook": {"url": "ftp://bank.example/hook"}, "events": []}
    answer = await play.bench.send("PUT", "/bank/v1/webhook", json.dumps(body).encode())
    return f"{answer.status_code} {answer.json().get('field')}"


SCENES: list[tuple[str, str, str, Scene]] = [
    ("W01", "推送带平台签名，编号一致", "验签通过 编号一致", _signed),
    (
        "W02",
        "改动、转投与重放的推送被验出",
        "signature-wrong; signature-wrong; 验签通过; signature-replayed",
        _verifier_refuses,
    ),
    ("W03", "应答 500 后重发同一事件", "第 1、2 次 同一编号 每次新签名", _retried),
    ("W04", "同一业务的事件依次到达，失败时后者等待", "依次到达", _in_order),
    ("W05", "重复的请求只推送一次", "1 次推送", _repeated_once),
    ("W06", "查询接口给出同样的事件，确认后不再返回", "同样的事件 确认后不再返回", _polled),
    ("W07", "推送地址须为 https", "422 webhook.url", _refused_address),
    ("W08", "应答 410 结束订阅", "订阅结束 不再推送", _ended),
]


def rules(play: Play) -> list[Rule]:
    """Return the scenes as rules; each begins with an untroubled receiver."""

    def staged(scene: Scene) -> Callable[[Bench], Awaitable[str]]:
        async def check(_bench: Bench) -> str:
            play.receiver.answers.clear()
            return await scene(play)

        return check

    return [Rule(number, title, expected, staged(scene)) for number, title, expected, scene in SCENES]
