"""The citizen's inbox: stream with Last-Event-ID, read marks, preferences, each message once by each way."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from gateway_bank import Hours
from gateway_city import City, token
from gateway_replica import eventually, listening_replica

from gateway.inbox.connectors import BeingSent, SentOnce, connectors
from gateway.inbox.feed import MOST_STREAMS_OF_A_PERSON, Feed, TooManyStreams
from gateway.notifier import DeadEvents, Notifier
from gateway.store import open_bucket
from lib_contracts import Event
from lib_contracts.booking import ReminderDue
from lib_contracts.complaint import RatingInvited
from lib_messaging import Envelope, wrap

NOW = datetime(2026, 3, 4, 1, tzinfo=UTC)


def invited(person: str = "p_a", name: str = "食品经营许可") -> Envelope:
    event = RatingInvited(rating_id=uuid4(), person_id=person, service_name=name, invited_at=NOW)
    return wrap(event, source="svc-complaint", now=NOW)


def reminder(person: str = "p_a") -> Envelope:
    event: Event = ReminderDue(
        reminder_id=uuid4(), ahead="hour", appointment_id=uuid4(), person_id=person, service_point="P",
        service_point_name="大厅", group="business", item_code="1", starts_at=NOW, channel="mobile",
    )  # fmt: skip
    return wrap(event, source="svc-booking", now=NOW)


async def inbox(city: City, **params: Any) -> dict[str, Any]:
    answer = await city.client.get("/mobile/v1/inbox", headers=city.citizen(), params=params)
    found: dict[str, Any] = answer.json()
    return found


@asynccontextmanager
async def stream(
    city: City, address: str, last: str | None = None, after: int | None = None, **claims: Any
) -> AsyncGenerator[AsyncGenerator[dict[str, str]]]:
    """Open a stream; yield its events as they come."""
    headers = city.citizen(**claims) | ({"Last-Event-ID": last} if last else {})

    params = {} if after is None else {"after": after}

    async def events(answer: httpx.Response) -> AsyncGenerator[dict[str, str]]:
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                yield event
                event = {}
            else:
                event = {}

    async with (
        httpx.AsyncClient(base_url=address, timeout=20) as client,
        client.stream("GET", "/mobile/v1/inbox/stream", headers=headers, params=params) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


async def test_new_messages_come_by_the_stream_to_their_person_only(city: City) -> None:
    notifier = Notifier(city.nats)
    async with (
        listening_replica(city) as address,
        stream(city, address) as mine,
        stream(city, address, person_id="p_b") as others,
    ):
        await asyncio.sleep(0)  # Both streams are open once their answer has begun.
        await settled(city, address)
        await notifier.process(invited())
        await notifier.process(invited("p_b", "不动产登记"))
        first, other = await anext(mine), await anext(others)
    assert (first["event"], json.loads(first["data"])["title"]) == ("message", "请您评价")
    assert "食品经营许可" in first["data"]
    assert "不动产登记" in other["data"]


async def settled(city: City, address: str) -> None:
    """Wait until streams that were just opened know where they begin."""
    async with httpx.AsyncClient(base_url=address) as client:
        for _ in range(5):
            await client.get("/mobile/v1/inbox", headers=city.citizen())


async def test_a_stream_that_was_away_gets_what_came_meanwhile_and_nothing_twice(city: City) -> None:
    notifier = Notifier(city.nats)
    async with listening_replica(city) as address:
        async with stream(city, address) as events:
            await settled(city, address)
            await notifier.process(invited(name="甲"))
            seen = await anext(events)
        await notifier.process(invited(name="乙"))
        await notifier.process(invited(name="丙"))
        async with stream(city, address, seen["id"]) as events:
            missed = [await anext(events), await anext(events)]
            await notifier.process(invited(name="丁"))
            later = await anext(events)
    texts = [json.loads(event["data"])["text"] for event in (seen, *missed, later)]
    assert ["甲" in texts[0], "乙" in texts[1], "丙" in texts[2], "丁" in texts[3]] == [True] * 4
    assert [int(event["id"]) for event in (seen, *missed, later)] == sorted(
        int(event["id"]) for event in (seen, *missed, later)
    )


async def test_no_message_falls_between_list_and_stream(city: City) -> None:
    listed = await inbox(city)
    await Notifier(city.nats).process(invited(name="甲"))
    async with listening_replica(city) as address, stream(city, address, after=listed["position"]) as events:
        assert "甲" in (await anext(events))["data"]


async def test_staff_read_what_is_written_to_them_and_nobody_elses(city: City) -> None:
    await Notifier(city.nats).process(invited("s_1", "每日汇总"))
    mine = (await city.client.get("/staff/v1/inbox", headers=city.staff("officer"))).json()
    assert [message["facts"]["service_name"] for message in mine["items"]] == ["每日汇总"]
    other = {"Authorization": f"Bearer {token(staff_id='s_2', roles=['officer'])}"}
    assert (await city.client.get("/staff/v1/inbox", headers=other)).json()["items"] == []
    assert (await inbox(city))["items"] == []


async def test_what_is_read_on_one_screen_is_read_on_the_other(city: City) -> None:
    await Notifier(city.nats).process(invited())
    [message] = (await inbox(city))["items"]
    async with listening_replica(city) as address, stream(city, address) as events:
        await settled(city, address)
        path = f"/mobile/v1/inbox/{message['id']}/read"
        assert (await city.client.post(path, headers=city.citizen())).status_code == 204
        event = await anext(events)
    assert (event["event"], json.loads(event["data"])["id"]) == ("read", message["id"])


async def test_unread_messages_are_counted_and_marked(city: City) -> None:
    notifier = Notifier(city.nats)
    for name in "甲乙丙":
        await notifier.process(invited(name=name))
    found = await inbox(city)
    assert (found["unread"], [one["read_at"] for one in found["items"]]) == (3, [None] * 3)
    path = f"/mobile/v1/inbox/{found['items'][0]['id']}/read"
    for _ in range(2):
        assert (await city.client.post(path, headers=city.citizen())).status_code == 204
    assert (await inbox(city))["unread"] == 2
    other = await city.client.post(path, headers=city.citizen(person_id="p_b"))
    assert (other.status_code, other.json()["type"]) == (404, "/problems/message-unknown")
    await city.client.post("/mobile/v1/inbox/read", headers=city.citizen())
    found = await inbox(city)
    assert found["unread"] == 0
    assert all(one["read_at"] for one in found["items"])


async def test_older_messages_come_page_by_page(city: City) -> None:
    notifier = Notifier(city.nats)
    for number in range(5):
        await notifier.process(invited(name=str(number)))
    first = await inbox(city, limit=2)
    second = await inbox(city, limit=2, before=first["older"])
    third = await inbox(city, limit=2, before=second["older"])
    ids = [one["id"] for page in (first, second, third) for one in page["items"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(set(ids)), third["older"]) == (5, None)


async def test_a_person_opens_so_many_streams_and_no_more(city: City) -> None:
    feed = Feed(city.nats, city.parts.inbox, heartbeat=0.01)
    await feed.start()
    streams = [feed.stream("p_a", None) for _ in range(MOST_STREAMS_OF_A_PERSON)]
    for one in streams:
        assert await anext(one) == b"retry: 3000\n\n"
    with pytest.raises(TooManyStreams):
        feed.stream("p_a", None)
    assert await anext(streams[0]) == b": \n\n"  # A sign of life while nothing happens.
    feed.close()
    for one in streams:
        assert b"data" not in b"".join([chunk async for chunk in one])
    assert feed._queues == {}


async def test_a_reader_that_is_too_slow_is_sent_away_and_loses_nothing(city: City) -> None:
    feed = Feed(city.nats, city.parts.inbox)
    await feed.start()
    begin = await city.parts.inbox.position()
    slow = feed.stream("p_a", begin)
    await anext(slow)
    notifier, count = Notifier(city.nats), 130
    await asyncio.gather(*(notifier.process(invited(name=str(number))) for number in range(count)))

    async def is_full() -> bool:
        return any(queue.full() for queue in feed._queues["p_a"])

    await eventually(is_full)
    ids = [
        line
        for chunk in [c async for c in slow]
        for line in chunk.decode().splitlines()
        if "id: " in line[:4]
    ]
    last = int(ids[-1][4:]) if ids else begin
    again = feed.stream("p_a", last)
    while len(ids) < count:
        chunk = (await anext(again)).decode()
        ids += [line for line in chunk.splitlines() if line.startswith("id: ")]
    assert len(set(ids)) == count
    await again.aclose()


class Recorder:
    """A connector that notes what it sends, or fails."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failures = failures

    async def send(self, person: str, message_id: str, title: str, text: str) -> None:
        """Note it."""
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the provider is away")
        self.sent.append((person, message_id))


async def test_each_message_goes_out_once_by_each_way(city: City) -> None:
    wechat, sms = Recorder(), Recorder()
    notifier = Notifier(city.nats, {"wechat": wechat, "sms": sms})
    urgent, other = reminder(), invited()
    for envelope in (urgent, other, urgent, other):
        await notifier.process(envelope)
    assert wechat.sent == [("p_a", str(urgent.id)), ("p_a", str(other.id))]
    assert sms.sent == [("p_a", str(urgent.id))]  # An SMS only when it is urgent.


async def test_when_one_way_fails_only_that_one_is_tried_again(city: City) -> None:
    wechat, sms = Recorder(), Recorder(failures=1)
    notifier, envelope = Notifier(city.nats, {"wechat": wechat, "sms": sms}), reminder()
    with pytest.raises(ConnectionError):
        await notifier.process(envelope)
    await notifier.process(envelope)
    assert (len(wechat.sent), len(sms.sent)) == (1, 1)
    assert len((await inbox(city))["items"]) == 1


async def test_a_message_claimed_by_a_worker_that_was_killed_is_sent_after_a_minute(city: City) -> None:
    clock, recorder = Hours(), Recorder()
    sent = SentOnce(city.nats, clock)
    bucket = await open_bucket(city.nats, "message-sent")
    await bucket.put("sms.e-1", clock.now().isoformat().encode())
    with pytest.raises(BeingSent):
        await sent.send("sms", recorder, "p_a", "e-1", "t", "x")
    clock.shift = timedelta(seconds=61)
    assert await sent.send("sms", recorder, "p_a", "e-1", "t", "x")
    assert not await sent.send("sms", recorder, "p_a", "e-1", "t", "x")
    assert len(recorder.sent) == 1


async def test_a_citizen_chooses_how_to_be_told(city: City) -> None:
    path, headers = "/mobile/v1/notification-preferences", city.citizen()
    assert (await city.client.get(path, headers=headers)).json() == {"wechat": True, "sms": True, "quiet": []}
    wanted = {"wechat": True, "sms": False, "quiet": [RatingInvited.type]}
    assert (await city.client.put(path, json=wanted, headers=headers)).json() == wanted
    wechat, sms = Recorder(), Recorder()
    notifier = Notifier(city.nats, {"wechat": wechat, "sms": sms})
    urgent = reminder()
    await notifier.process(urgent)
    await notifier.process(invited())
    assert (wechat.sent, sms.sent) == ([("p_a", str(urgent.id))], [])
    assert len((await inbox(city))["items"]) == 2
    assert (await city.client.put(path, json={"fax": True}, headers=headers)).status_code == 422
    assert (await city.client.get(path, headers=city.citizen(person_id="p_b"))).json()["sms"] is True


async def test_messages_that_died_are_replayed_once(city: City) -> None:
    dead, envelope = DeadEvents(city.nats), invited()
    notifier = Notifier(city.nats)
    await notifier.bury(envelope.model_dump_json(), envelope.type, "X", 8)
    await dead.keep("{}", "unknown", "ValidationError", 1)
    assert await dead.replay(notifier.process) == 1
    assert len((await inbox(city))["items"]) == 1
    assert await dead.replay(notifier.process) == 0  # What cannot be read stays.


def test_connectors_are_chosen_by_settings() -> None:
    assert set(connectors("console", "null")) == {"wechat"}
    assert connectors("null", "null") == {}
    with pytest.raises(ValueError, match="pigeon"):
        connectors("pigeon", "null")
