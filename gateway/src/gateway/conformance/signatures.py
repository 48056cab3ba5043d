"""Rules of the signature (RFC 9421): what is accepted, and everything that is not."""

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures.algorithms import HMAC_SHA256

from gateway.conformance.bench import BODY_PROBE, COVERED, PROBE, Bench, Forgery, Rule, told
from lib_gm import Sm2PrivateKey
from lib_partner import SigningKey, content_digest

BODY = b'{"cursor":"0"}'
WRONG = "401 signature-invalid signature-wrong"


def _stranger(algorithm: str, key_id: str) -> SigningKey:
    if algorithm == "sm2-sm3":
        return SigningKey(key_id, algorithm, Sm2PrivateKey.generate().pem())
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(key_id, algorithm, pem)


def _public(key: SigningKey) -> bytes:
    if key.algorithm == "sm2-sm3":
        return Sm2PrivateKey.from_pem(key.private_pem).public_key().pem()
    return (
        serialization.load_pem_private_key(key.private_pem, password=None)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _forged(number: str, title: str, expected: str, *, body: bytes = b"", **how: Any) -> Rule:
    async def check(bench: Bench) -> str:
        method, path = ("POST", BODY_PROBE) if body else ("GET", PROBE)
        return told(await bench.send(method, path, body, forgery=Forgery(**how)))

    return Rule(number, title, expected, check)


async def _unsigned(bench: Bench) -> str:
    return told(await bench.http.get(PROBE))


async def _wrong_key(bench: Bench) -> str:
    forgery = Forgery(key=_stranger(bench.key.algorithm, bench.key.key_id))
    return told(await bench.send("GET", PROBE, forgery=forgery))


async def _unknown_key(bench: Bench) -> str:
    forgery = Forgery(key=SigningKey("nobody-knows-me", bench.key.algorithm, bench.key.private_pem))
    return told(await bench.send("GET", PROBE, forgery=forgery))


async def _replayed(bench: Bench) -> str:
    fields = bench.signature("GET", PROBE, b"", {}, Forgery())
    first = await bench.http.get(PROBE, headers=fields)
    second = await bench.http.get(PROBE, headers=fields)
    return f"{told(first)}; {told(second)}"


async def _uncovered_key(bench: Bench) -> str:
    headers = {"idempotency-key": "not-covered-by-the-signature"}
    fields = bench.signature("POST", BODY_PROBE, BODY, {}, Forgery())
    sent = {**headers, **fields, "content-type": "application/json"}
    return told(await bench.http.post(BODY_PROBE, content=BODY, headers=sent))


async def _altered_digest(bench: Bench) -> str:
    fields = bench.signature("POST", BODY_PROBE, BODY, {}, Forgery())

    other = b'{"cursor":"1"}'
    sent = {**fields, "content-digest": content_digest(other), "content-type": "application/json"}
    return told(await bench.http.post(BODY_PROBE, content=other, headers=sent))


async def _confused(bench: Bench) -> str:
    """Sign with HMAC under the public key, which everybody has."""
    secret = SigningKey(bench.key.key_id, bench.key.algorithm, _public(bench.key))
    return told(await bench.send("GET", PROBE, forgery=Forgery(key=secret, algorithm=HMAC_SHA256)))


async def _other_algorithm(bench: Bench) -> str:
    other = "ed25519" if bench.key.algorithm == "sm2-sm3" else "sm2-sm3"
    forgery = Forgery(key=_stranger(other, bench.key.key_id))
    return told(await bench.send("GET", PROBE, forgery=forgery))


RULES = [
    _forged("S01", "正确签名的请求被接受", "200"),
    _forged("S02", "带请求体的正确签名被接受", "200", body=BODY),
    Rule("S03", "没有签名", "401 signature-invalid signature-missing", _unsigned),
    _forged("S04", "请求体被改动", WRONG, body=BODY, signed_body=b'{"cursor":"9"}'),
    Rule("S05", "请求体与摘要一起被改动", WRONG, _altered_digest),
    _forged("S06", "目标地址被改动", WRONG, signed_path=f"{PROBE}?x=1"),
    _forged("S07", "方法被改动", WRONG, signed_method="DELETE"),
    Rule("S08", "用别的私钥签名", WRONG, _wrong_key),
    Rule("S09", "未登记的密钥编号", "401 signature-invalid key-unknown", _unknown_key),
    _forged("S10", "签名已过期五分钟", "401 signature-invalid signature-stale", age=timedelta(minutes=5)),
    _forged("S11", "签名时间在未来", "401 signature-invalid signature-stale", age=timedelta(minutes=-5)),
    Rule("S12", "同一签名再次使用（重放）", "200; 401 signature-invalid signature-replayed", _replayed),
    _forged("S13", "签名没有 nonce", WRONG, nonce=None),
    _forged("S14", "签名未覆盖 content-digest", WRONG, body=BODY, covered=COVERED[:2]),
    _forged("S15", "签名未覆盖 @target-uri", WRONG, covered=(COVERED[0], COVERED[2])),
    _forged("S16", "签名未覆盖 @method", WRONG, covered=COVERED[1:]),
    Rule("S17", "签名未覆盖随请求发送的 Idempotency-Key", WRONG, _uncovered_key),
    _forged("S18", "签名的 tag 不是本平台的", WRONG, tag="another-platform"),
    _forged("S19", "签名没有 tag", WRONG, tag=None),
    Rule("S20", "以公钥作 HMAC 密钥（算法混淆）", WRONG, _confused),
    Rule("S21", "以另一种算法签名", WRONG, _other_algorithm),
]
