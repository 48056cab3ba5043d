"""The gateway's front door on a real socket: smuggling, slow and endless requests, deep JSON."""

import asyncio
import json
from urllib.parse import urlsplit

import httpx
import pytest
from platform_runner import Runner


async def talk(runner: Runner, request: bytes, *, then: bytes = b"") -> bytes:
    """Send raw bytes and return everything that comes back until the connection ends or is silent."""
    address = urlsplit(runner.demo["base_url"])
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        await writer.drain()
        if then:
            writer.write(then)
            await writer.drain()
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


SMUGGLED = b"GET /staff/v1/applications HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        # Two ways to say where the body ends: a proxy in front may believe the other one.
        b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n"
        b"Content-Length: 40\r\n\r\nabcd" + SMUGGLED,
        b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
        b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
        b"GET /public/v1/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"X-A: 1\rX-Internal-Token: y\r\n\r\n",
        b"GET /public/v1/items\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
async def test_a_request_that_can_be_read_two_ways_is_refused(runner: Runner, request_: bytes) -> None:
    answer = await talk(runner, request_)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert 400 <= status_of(answer) < 500


async def test_an_address_with_words_in_it_is_told_how_to_write_them(runner: Runner) -> None:
    """As from a curl command with Chinese words in its address."""
    target = "/public/v1/items?q=食品".encode()
    answer = await talk(runner, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (status_of(answer), b"application/problem+json" in answer) == (400, True)
    assert "百分号编码" in json.loads(answer.split(b"\r\n\r\n", 1)[1])["detail"]


async def test_a_request_for_nothing_in_particular_is_refused(runner: Runner) -> None:
    assert status_of(await talk(runner, b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == 404


async def test_long_header_fields_are_refused(runner: Runner) -> None:
    request = b"GET /public/v1/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: %s\r\n\r\n"
    assert status_of(await talk(runner, request % (b"a" * 40_000))) == 431


async def test_a_body_that_stops_coming_is_given_up(runner: Runner) -> None:
    head = b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
    answer = await talk(runner, head, then=b"{")
    assert status_of(answer) == 408
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["type"] == "/problems/body-too-slow"


async def test_an_endless_body_is_cut_off(runner: Runner) -> None:
    head = (
        b"POST /public/v1/cases HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    )
    # One byte over the limit: bytes that the refusal leaves unread would reset the connection.
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    answer = await talk(runner, head, then=chunk * 8 + b"1\r\na\r\n")
    assert status_of(answer) == 413


@pytest.mark.parametrize("opening", ["[", '{"a":'])
async def test_json_that_goes_too_deep_is_refused(runner: Runner, opening: str) -> None:
    body = opening * 100_000
    async with httpx.AsyncClient(base_url=runner.demo["base_url"], timeout=20) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/public/v1/cases", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/public/v1/items?limit=1")).status_code == 200
