"""What must be right before any rule can be run: address, key, clock; what is not, with the way out."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.conformance.bench import PROBE, Bench, Unusable, told
from lib_gm import Sm2PrivateKey
from lib_partner import SigningKey

LONGEST_WAIT = 60.0
WAYS_OUT = {
    "key-unknown": "密钥编号 {key_id} 没有登记或已停用。请核对 --key-id，或请平台管理员登记公钥",
    "signature-wrong": (
        "签名不符。请核对：--key 是 {key_id} 所登记公钥的私钥；"
        "--base-url 与网关的公开地址一字不差（协议、主机名、端口，localhost 与 127.0.0.1 不同），签名包含它"
    ),
    "signature-stale": "{skew}。签名只在一分钟内有效，请校准本机时钟（如 NTP）后重试",
    "partner-suspended": "该机构的接入已暂停，请联系平台管理员",
    "address-not-allowed": "本机的出口地址不在该机构登记的地址范围内，请平台管理员加入后重试",
}


class Patient(httpx.AsyncBaseTransport):
    """Waits and sends again when the gateway says so: many rules are refusals, and those are limited."""

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; after 429 once more."""
        answer = await self._inner.handle_async_request(request)
        after = answer.headers.get("retry-after", "")
        if answer.status_code != 429 or not after.isdigit() or int(after) > LONGEST_WAIT:
            return answer
        await answer.aclose()
        await asyncio.sleep(int(after))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


def origin_of(base_url: str) -> str:
    """Return the gateway's origin. Raises Unusable."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Unusable("--base-url 须为协议与主机名，不带路径，如 https://gov.example")
    return base_url.rstrip("/")


def listening_at(listen: str) -> tuple[str, int]:
    """Return host and port. Raises Unusable."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Unusable("--listen 须为 地址:端口，如 0.0.0.0:8443")
    return host, int(port)


def read_key(path: Path, key_id: str, algorithm: str) -> SigningKey:
    """Return the private key. Raises Unusable."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise Unusable(f"读不到密钥文件 {path}，请核对 --key") from error
    if b"PUBLIC KEY" in pem:
        raise Unusable(f"{path} 是公钥；--key 须为私钥，私钥不出本机")
    if b"ENCRYPTED" in pem:
        raise Unusable(f"{path} 带口令；请先去掉：openssl pkey -in {path} -out plain.pem")
    found = _algorithm_of(pem)
    if found is None:
        raise Unusable(f"{path} 不是 Ed25519 或 SM2 的 PKCS#8 PEM 私钥")
    if found != algorithm:
        raise Unusable(f"{path} 是 {found} 私钥，请加 --algorithm {found}")
    return SigningKey(key_id, algorithm, pem)


def _algorithm_of(pem: bytes) -> str | None:
    try:
        if isinstance(load_pem_private_key(pem, password=None), Ed25519PrivateKey):
            return "ed25519"
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # The library knows no SM2.
    try:
        Sm2PrivateKey.from_pem(pem)
    except ValueError:
        return None
    return "sm2-sm3"


async def check_usable(bench: Bench) -> None:
    """Look whether the key opens a sandbox there. Raises Unusable."""
    try:
        answer = await bench.send("GET", PROBE)
    except httpx.TransportError as error:
        text = f"连不上 {bench.base_url}（{type(error).__name__}）。请核对协议、主机名、端口与防火墙"
        raise Unusable(text) from error
    if answer.status_code != 200:
        raise Unusable(_refusal(answer, bench.key.key_id))
    if not answer.json()["is_sandbox"]:
        raise Unusable("这是正式机构的密钥；自检会产生演练事件，请用沙箱机构的密钥")


def _refusal(answer: httpx.Response, key_id: str) -> str:
    kind = answer.headers.get("content-type", "")
    if not kind.startswith("application/problem+json"):
        return f"{answer.request.url.host} 应答了 {answer.status_code}，但不像本平台的网关，请核对 --base-url"
    problem = answer.json()
    code = str(problem.get("reason") or problem["type"].removeprefix("/problems/"))
    way_out = WAYS_OUT.get(code, f"{problem['title']}（{problem['detail']}）")
    return f"密钥未被接受（{told(answer)}）：{way_out.format(key_id=key_id, skew=_skew(answer))}"


def _skew(answer: httpx.Response) -> str:
    """Return how far the clock here is from the gateway's."""
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return "本机时钟与网关相差过大"
    seconds = round((datetime.now(UTC) - there).total_seconds())
    return f"本机时钟比网关{'快' if seconds > 0 else '慢'} {abs(seconds)} 秒"
