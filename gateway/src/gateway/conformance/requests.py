"""Rules of requests: idempotency, form of errors, sessions, what a channel may reach."""

import json
from typing import Any
from uuid import uuid4

from gateway.conformance.bench import Bench, Rule, told

EVENTS = "/bank/v1/sandbox-events"
SESSIONS = "/bank/v1/sessions"
MEMBERS = ("type", "title", "status", "detail", "request_id")
CUSTOMER = {"id_number": "11010519491231002X", "consent": "conformance"}
EVENT_TYPE = "booking.appointment.booked.v1"


def _event(**changes: Any) -> bytes:
    return json.dumps({"type": EVENT_TYPE, "subject": str(uuid4()), **changes}).encode()


async def _without_key(bench: Bench) -> str:
    return told(await bench.send("POST", EVENTS, _event()))


async def _same_answer(bench: Bench) -> str:
    body, headers = _event(), {"Idempotency-Key": uuid4().hex}
    first = await bench.send("POST", EVENTS, body, headers)
    second = await bench.send("POST", EVENTS, body, headers)
    is_same = first.content == second.content
    return f"{told(first)}; {told(second)} {'相同应答' if is_same else '不同应答'}"


async def _one_effect(bench: Bench) -> str:
    body, headers = _event(), {"Idempotency-Key": uuid4().hex}
    subject = json.loads(body)["subject"]
    for _ in range(3):
        await bench.send("POST", EVENTS, body, headers)
    page = (await bench.send("GET", "/bank/v1/events?limit=200")).json()
    count = sum(item["subject"] == subject for item in page["items"])
    return f"{count} 个事件"


async def _other_body(bench: Bench) -> str:
    headers = {"Idempotency-Key": uuid4().hex}
    first = await bench.send("POST", EVENTS, _event(), headers)
    return f"{told(first)}; {told(await bench.send('POST', EVENTS, _event(), headers))}"


async def _form_of_errors(bench: Bench) -> str:
    answer = await bench.send("GET", "/bank/v1/no-such-operation")
    kind = answer.headers.get("content-type", "").partition(";")[0]
    missing = [name for name in MEMBERS if name not in answer.json()]
    return f"{told(answer)} {kind} {'缺 ' + '、'.join(missing) if missing else '成员齐全'}"


async def _request_id(bench: Bench) -> str:
    name = f"bank-{uuid4().hex}"
    answer = await bench.send("GET", "/bank/v1/no-such-operation", headers={"X-Request-Id": name})
    is_kept = answer.headers.get("x-request-id") == name == answer.json().get("request_id")
    return "请求号一致" if is_kept else "请求号不一致"


async def _other_method(bench: Bench) -> str:
    return told(await bench.send("DELETE", "/bank/v1/me"))


async def _other_channel(bench: Bench) -> str:
    return told(await bench.send("GET", "/bank/v1/inbox"))


async def _field_named(bench: Bench) -> str:
    body = json.dumps({**CUSTOMER, "id_number": "110105194912310021"}).encode()
    answer = await bench.send("POST", SESSIONS, body)
    errors = answer.json().get("errors") or [{}]
    is_quoted = "110105194912310021" in answer.text
    return f"{answer.status_code} {errors[0].get('field')} {'回显证件号' if is_quoted else '不回显证件号'}"


async def _without_consent(bench: Bench) -> str:
    return told(await bench.send("POST", SESSIONS, json.dumps({"id_number": CUSTOMER["id_number"]}).encode()))


async def _session_life(bench: Bench) -> str:
    opened = await bench.send("POST", SESSIONS, json.dumps(CUSTOMER).encode())
    headers = {"X-Session": opened.json().get("session", "")}
    closed = await bench.send("DELETE", f"{SESSIONS}/current", headers=headers)
    after = await bench.send("GET", "/bank/v1/appointments", headers=headers)
    return f"{told(opened)}; {told(closed)}; {told(after)}"


async def _invented_session(bench: Bench) -> str:
    return told(await bench.send("GET", "/bank/v1/appointments", headers={"X-Session": "0" * 64}))


async def _no_real_business(bench: Bench) -> str:
    headers = {"Idempotency-Key": uuid4().hex}
    return told(await bench.send("POST", "/bank/v1/appointments", b"{}", headers))


RULES = [
    Rule("I01", "创建类请求没有 Idempotency-Key", "400 idempotency-key-required", _without_key),
    Rule("I02", "同一请求重发得到相同应答", "201; 201 相同应答", _same_answer),
    Rule("I03", "同一请求重发只生效一次", "1 个事件", _one_effect),
    Rule("I04", "同一键用于另一请求", "201; 400 idempotency-key-reused", _other_body),
    Rule(
        "E01", "错误为 RFC 9457 格式", "404 no-such-path application/problem+json 成员齐全", _form_of_errors
    ),
    Rule("E02", "应答带回请求号", "请求号一致", _request_id),
    Rule("E03", "不支持的方法", "405 method-not-allowed", _other_method),
    Rule("E04", "其他渠道的功能", "403 channel-not-allowed", _other_channel),
    Rule("E05", "错误指明字段且不回显证件号", "422 id_number 不回显证件号", _field_named),
    Rule("C01", "没有客户授权编号不能开始会话", "422 invalid consent", _without_consent),
    Rule("C02", "会话结束后不能再用", "201; 204; 401 session-over", _session_life),
    Rule("C03", "捏造的会话", "401 session-over", _invented_session),
    Rule("C04", "沙箱不受理真实业务", "403 not-in-sandbox", _no_real_business),
]
