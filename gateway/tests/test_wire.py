"""Connections to services: what is read from them, and which are used again."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway import upstream as upstream_module
from gateway.guards import UpstreamUnavailable
from gateway.upstream import Outgoing, Upstream
from gateway.wire import MOST_HELD, Broken, Fields

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Write = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Service:
    """Answers every request of every connection by `write`; keeps what it was asked, by connection."""

    def __init__(self, write: Write) -> None:
        self.asked: list[list[bytes]] = []
        self._write = write

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        mine: list[bytes] = []
        self.asked.append(mine)
        try:
            while True:
                mine.append(await reader.readuntil(b"\r\n\r\n"))
                await self._write(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    write: Write, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[Service, Upstream]]:
    """Run a service; give it with the pool that leads to it."""
    service = Service(write)
    server = await asyncio.start_server(service.talk, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    made = Upstream({"catalog": [f"{scheme}://127.0.0.1:{port}"]}, silence=5.0, patience=0.1)
    try:
        yield service, made
    finally:
        await made.aclose()
        server.close()


def sending(*pieces: bytes) -> Write:
    """Write these pieces, each when the one before is out."""

    async def write(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return write


def asking(method: str = "GET", headers: Fields | None = None, body: bytes = b"") -> Outgoing:
    """Return a request that may have its effect once only."""
    return Outgoing("catalog", method, "/v1/items?n=1", headers or [], body, is_repeatable=False)


@pytest.mark.parametrize(
    "pieces",
    [
        [OK],
        [OK[:38], OK[38:]],
        [bytes([byte]) for byte in OK],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\no\r\n",
            b"1\r\nk\r\n",
            b"0\r\n\r\n",
        ],
    ],
    ids=["one packet", "head and body apart", "byte by byte", "chunked"],
)
async def test_an_answer_is_read_however_it_comes_and_its_connection_is_used_again(
    pieces: list[bytes],
) -> None:
    async with serving(sending(*pieces)) as (service, made):
        for _ in range(3):
            answer = await made.send(asking())
            assert (answer.status, await answer.body()) == (200, b"ok")
    assert [len(requests) for requests in service.asked] == [3]


async def test_a_request_goes_out_as_it_is() -> None:
    async with serving(sending(OK)) as (service, made):
        await (await made.send(asking("POST", [(b"x-a", b"1"), (b"x-a", b"\xe5")]))).body()
    first, *fields = service.asked[0][0].split(b"\r\n")
    assert first == b"POST /v1/items?n=1 HTTP/1.1"
    assert fields[1:] == [b"x-a: 1", b"x-a: \xe5", b"content-length: 0", b"", b""]


@pytest.mark.parametrize("value", [b"1\r\nx-internal-token: forged", b"1\nb: c", b"1\rb: c"])
async def test_a_field_never_becomes_two(value: bytes) -> None:
    async with serving(sending(OK)) as (service, made):
        with pytest.raises(ValueError, match="line break"):
            await made.send(asking(headers=[(b"x-a", value)]))
    assert [requests for requests in service.asked if requests] == []


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2000\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
async def test_an_answer_that_has_no_body_is_not_waited_for(method: str, head: bytes) -> None:
    async with serving(sending(head)) as (_, made):
        for _ in range(2):
            answer = await made.send(asking(method))
            assert await answer.body() == b""


@pytest.mark.parametrize(
    "written",
    [
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        OK + b"anything",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["a second answer", "rubbish", "close"],
)
async def test_a_connection_with_more_on_it_than_was_asked_for_is_not_used_again(written: bytes) -> None:
    async with serving(sending(written)) as (service, made):
        for _ in range(2):
            assert await (await made.send(asking())).body() == b"ok"
    assert [len(requests) for requests in service.asked if requests] == [1, 1]


async def test_a_connection_that_rested_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(sending(OK)) as (service, made):
        await (await made.send(asking())).body()
        monkeypatch.setattr(upstream_module, "KEEP_ALIVE_SECONDS", 0.0)
        await (await made.send(asking())).body()
    assert [len(requests) for requests in service.asked] == [1, 1]


def hanging_up_after(written: bytes) -> Write:
    """Write this, then hang up."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(written)
        await writer.drain()
        raise ConnectionAbortedError

    return write


@pytest.mark.parametrize(
    "written",
    [OK[:20], OK[:-1], b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
    ids=["within the head", "within the body", "not HTTP", "no length"],
)
async def test_half_an_answer_is_no_answer(written: bytes) -> None:
    async with serving(hanging_up_after(written)) as (_, made):
        with pytest.raises(UpstreamUnavailable):
            await (await made.send(asking())).body()


async def test_a_large_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    async with serving(hanging_up_after(head + b"x" * 1000)) as (_, made):
        answer = await made.send(asking())
        assert await answer.chunk() == b"x" * 1000
        with pytest.raises(Broken):
            await answer.chunk()
        answer.close()


async def test_a_slow_reader_is_not_given_more_than_is_held_for_it() -> None:
    whole, one_read = b"0123456789abcdef" * 2**19, 2**18

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(whole))
        writer.write(whole)
        await writer.drain()

    async with serving(write) as (service, made):
        for _ in range(2):
            answer, chunks = await made.send(asking()), []
            while not answer.is_at_end:
                for _ in range(20):
                    await asyncio.sleep(0)
                chunks.append(await answer.chunk())
            answer.close()
            assert b"".join(chunks) == whole
            assert max(map(len, chunks)) <= MOST_HELD + one_read
    assert [len(requests) for requests in service.asked] == [2]


async def test_who_leaves_before_the_answer_leaves_no_connection_behind() -> None:
    came = asyncio.Event()

    async def write(_writer: asyncio.StreamWriter) -> None:
        came.set()
        await asyncio.Event().wait()

    async with serving(write) as (service, made):
        waiting = asyncio.create_task(made.send(asking()))
        await came.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        came.clear()
        again = asyncio.create_task(made.send(asking()))
        await came.wait()
        again.cancel()
    assert [len(requests) for requests in service.asked] == [1, 1]


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that signs itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "svc-catalog")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "both.pem"
    path.write_bytes(key.private_bytes(kind, form, serialization.NoEncryption()) + made.public_bytes(kind))
    return path


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_a_service_may_be_behind_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    pem = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with serving(sending(OK), tls) as (_, made):
        if is_trusted:
            assert await (await made.send(asking())).body() == b"ok"
        else:
            with pytest.raises(UpstreamUnavailable):
                await made.send(asking())
