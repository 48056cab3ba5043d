"""Sends a call to a partner's address: signed, bounded, and never into our own network."""

import ipaddress
import re
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from yarl import URL

from gateway.webhook.domain import Answer, Call
from lib_kernel import Invalid
from lib_partner import WEBHOOK_TAG, SigningKey, sign_request

SECONDS = 10.0
CONNECT_SECONDS = 3.0
MOST_READ = 64 * 1024
NAME = re.compile(r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*\.?")
NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressForbidden(OSError):
    """The name leads to an address inside; aiohttp takes it for a failed connection."""


@dataclass(frozen=True)
class Outside:
    """Which addresses may be called. Only for tests and local runs are inner ones or plain HTTP allowed."""

    allow_inner: bool = False
    allow_http: bool = False

    def check_url(self, url: str) -> str:
        """Return the address as it will be called. Raises Invalid: no https, user name, inner address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Invalid("推送地址格式不正确", field="webhook.url") from error
        if parts.scheme != "https" and not (self.allow_http and parts.scheme == "http"):
            raise Invalid("推送地址须以 https:// 开头", field="webhook.url")
        if not parts.hostname or parts.username or parts.password or parts.fragment or port == 0:
            raise Invalid("推送地址须为主机名与路径，不带用户名和 #", field="webhook.url")
        literal = _literal(parts.hostname)
        if literal is None and not _is_name(parts.hostname):
            raise Invalid("推送地址的主机名不正确", field="webhook.url")
        if literal is not None and not self.is_outside(literal):
            raise Invalid("推送地址不能指向内部网络", field="webhook.url")
        return url

    def is_outside(self, address: Address) -> bool:
        """Return whether an IP address may be called."""
        return self.allow_inner or _is_public(address)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Return whether a host is a name and nothing that some resolver reads as an address (127.1, 0x7f.1)."""
    last = host.rstrip(".").rpartition(".")[2]
    return NAME.fullmatch(host) is not None and not NUMBER.fullmatch(last)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


class GuardedResolver(AbstractResolver):
    """Resolves names and lets only outer addresses through; the connection goes to just those.

    The check is on what is connected to, at the moment of connecting, so a name that changes its meaning
    between registration and call gains nothing.
    """

    def __init__(self, outside: Outside, inner: AbstractResolver | None = None) -> None:
        self._outside = outside
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises AddressForbidden."""
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if self._outside.is_outside(ipaddress.ip_address(one["host"]))]
        if not allowed:
            raise AddressForbidden("the name leads to an inner address only")
        return allowed

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._inner.close()


class Poster:
    """Signs and sends; an answer is read as far as it matters, redirects are not followed."""

    def __init__(
        self,
        keys: dict[str, SigningKey],
        outside: Outside,
        *,
        seconds: float = SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._keys = keys
        self._outside = outside
        guarded = GuardedResolver(outside, resolver)
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            connector=aiohttp.TCPConnector(
                resolver=guarded,
                use_dns_cache=False,
                limit=0,
                limit_per_host=16,
                socket_factory=self._socket_to,
            ),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _socket_to(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """Return a socket to an address, however it was come by. Raises AddressForbidden."""
        family, kind, protocol, _, address = target
        literal = _literal(str(address[0]))
        if literal is None or not self._outside.is_outside(literal):
            raise AddressForbidden("an inner address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def send(
        self, url: str, algorithm: str, call: Call, attempt: int, now: datetime | None = None
    ) -> Answer:
        """Send a call and return what came of it; nothing that goes wrong outside is raised."""
        try:
            self._outside.check_url(url)
            fields = self._fields(url, algorithm, call, attempt, now)
        except (Invalid, KeyError, HTTPMessageSignaturesException) as error:
            return Answer(0, type(error).__name__)
        start = time.perf_counter()
        try:
            answer = await self._post(url, fields, call.body)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            answer = Answer(0, _name(error))
        spent = int((time.perf_counter() - start) * 1000)
        return Answer(answer.status, answer.error, spent, answer.retry_after)

    async def _post(self, url: str, fields: dict[str, str], body: bytes) -> Answer:
        async with self._session.post(
            URL(url, encoded=True), data=body, headers=fields, allow_redirects=False
        ) as response:
            await response.content.read(MOST_READ)
            after = response.headers.get("Retry-After", "")
            return Answer(response.status, retry_after=float(after) if after.isdigit() else None)

    def _fields(
        self, url: str, algorithm: str, call: Call, attempt: int, now: datetime | None
    ) -> dict[str, str]:
        fields = {
            "content-type": "application/cloudevents+json",
            "webhook-id": call.event_id,
            "webhook-sequence": str(call.position),
            "webhook-attempt": str(attempt),
            "user-agent": "pingdingshan-gateway",
        }
        if call.is_replay:
            fields["webhook-replay"] = "true"
        signed = sign_request("POST", url, fields, call.body, self._keys[algorithm], now=now, tag=WEBHOOK_TAG)
        return {**fields, **signed}


def _name(error: BaseException) -> str:
    """Return the kind of a failure: never its text, which may tell of our network."""
    cause = error.__cause__ or error.__context__
    if isinstance(error, AddressForbidden) or isinstance(cause, AddressForbidden):
        return "AddressForbidden"
    return type(error).__name__
