"""Signed requests (RFC 9421): one definition for banks and terminals that sign and the gateway that verifies.

Covered are method, target, digest of the body and, when sent, Idempotency-Key, X-Session and the fields of a
webhook. The signature says when it was made, until when it holds, and a nonce used once. Its tag says which
way it goes: a webhook of the gateway is never a request to it. The algorithm belongs to the key and is never
chosen by the request. `sm2-sm3` is not a registered name; its signatures are DER.
"""

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from lib_gm import Sm2PrivateKey, Sm2PublicKey

TAG = "pingdingshan-gateway"
WRONG = "签名与请求内容不符；请核对私钥，以及签名所用网址与登记的地址一字不差（协议、主机名、端口）"
WEBHOOK_TAG = "pingdingshan-webhook"
LIFETIME = timedelta(seconds=60)
SKEW = timedelta(seconds=5)
ALWAYS_COVERED = ("@method", "@target-uri", "content-digest")
COVERED_WHEN_SENT = ("idempotency-key", "x-session", "webhook-id", "webhook-sequence")


class SignatureRefused(Exception):
    """The signature does not prove who sent the request. `reason` is stable, the text says what to mend."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Sm2Sm3(HTTPSignatureAlgorithm):
    """SM2 with SM3 as a signature algorithm; keys are PEM."""

    algorithm_id = "sm2-sm3"

    def __init__(self, public_key: Any = None, private_key: Any = None, password: Any = None) -> None:
        self._public = Sm2PublicKey.from_pem(public_key) if public_key else None
        self._private = Sm2PrivateKey.from_pem(private_key) if private_key else None

    def sign(self, message: bytes) -> bytes:
        """Return the DER signature."""
        if self._private is None:
            raise HTTPMessageSignaturesException("no private key")
        return self._private.sign(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise InvalidSignature unless the signature is the key's."""
        if self._public is None or not self._public.verify(signature, message):
            raise InvalidSignature("the SM2 signature does not fit")


ALGORITHMS: dict[str, type[HTTPSignatureAlgorithm]] = {"ed25519": ED25519, "sm2-sm3": Sm2Sm3}


@dataclass
class Message:
    """A request as the signature sees it; `url` is absolute, on the gateway's public origin."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class SigningKey:
    """A private key (PKCS#8 PEM) with the id under which the gateway knows its public half."""

    key_id: str
    algorithm: str
    private_pem: bytes


@dataclass(frozen=True)
class VerifiedSignature:
    """What a good signature proves."""

    key_id: str
    nonce: str
    created: datetime


PublicKeys = Callable[[str], tuple[str, bytes] | None]


def content_digest(body: bytes) -> str:
    """Return the Content-Digest field (RFC 9530) of a body."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    key: SigningKey,
    *,
    now: datetime | None = None,
    nonce: str | None = None,
    tag: str = TAG,
) -> dict[str, str]:
    """Return the header fields to add to a request: Content-Digest, Signature-Input, Signature.

    Raises:
        ValueError: the private key is none of the algorithm.
    """
    moment = now or datetime.now(UTC)
    lowered = {name.lower(): value for name, value in headers.items()}
    message = Message(method, url, {**lowered, "content-digest": content_digest(body)})
    signer = HTTPMessageSigner(
        signature_algorithm=ALGORITHMS[key.algorithm],
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key.key_id: key.private_pem}),
    )
    try:
        signer.sign(
            message,
            key_id=key.key_id,
            created=moment,
            expires=moment + LIFETIME,
            nonce=nonce or secrets.token_urlsafe(18),
            label="sig1",
            tag=tag,
            use_existing_digest=True,
            covered_component_ids=(*ALWAYS_COVERED, *(name for name in COVERED_WHEN_SENT if name in lowered)),
        )
    except UnsupportedAlgorithm as error:
        raise ValueError(f"the private key is not a {key.algorithm} key") from error
    added = ("content-digest", "signature-input", "signature")
    sent = {name.lower(): value for name, value in message.headers.items()}
    return {name: sent[name] for name in added}


def verify_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    public_key_of: PublicKeys,
    *,
    tag: str = TAG,
) -> VerifiedSignature:
    """Return what the request's signature proves. `public_key_of(key_id)` gives algorithm and public PEM.

    Whether the nonce was used before is for the caller to look up.

    Raises:
        SignatureRefused: `signature-missing`, `signature-stale`, `key-unknown`, or `signature-wrong`.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    key_id = key_id_of(lowered)
    found = public_key_of(key_id)
    if found is None:
        raise SignatureRefused("key-unknown", "签名密钥未登记或已停用")
    algorithm, pem = found
    verifier = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[algorithm],
        key_resolver=MappingKeyResolver(public_keys={key_id: pem}, private_keys={}),
    )
    required = (*ALWAYS_COVERED, *(name for name in COVERED_WHEN_SENT if name in lowered))
    try:
        [result] = verifier.verify(
            Message(method, url, lowered),
            max_age=None,
            expect_tag=tag,
            require_components=required,
            body=body,
        )
    except (HTTPMessageSignaturesException, ValueError) as error:
        stale = any(word in str(error) for word in ("expire", "future", "too old"))
        raise _stale() if stale else SignatureRefused("signature-wrong", WRONG) from error
    created, nonce = result.parameters.get("created"), result.nonce
    if not isinstance(created, int) or not nonce or len(nonce) > 200:
        raise SignatureRefused("signature-wrong", "签名须带 created 与 nonce")
    moment = datetime.fromtimestamp(created, UTC)
    if not -SKEW <= datetime.now(UTC) - moment <= LIFETIME + SKEW:
        raise _stale()
    return VerifiedSignature(key_id, nonce, moment)


def key_id_of(headers: Mapping[str, str]) -> str:
    """Return which key a request says it is signed with. Raises SignatureRefused when it says none."""
    signature_input = headers.get("signature-input")
    if not signature_input:
        raise SignatureRefused("signature-missing", "请求须按 RFC 9421 签名")
    _, found, rest = signature_input.partition(';keyid="')
    key_id = rest.partition('"')[0]
    if not found or not key_id:
        raise SignatureRefused("signature-wrong", "签名缺少 keyid")
    return key_id


def _stale() -> SignatureRefused:
    return SignatureRefused("signature-stale", "签名已过期或时钟偏差过大，请校准时钟后重签")
