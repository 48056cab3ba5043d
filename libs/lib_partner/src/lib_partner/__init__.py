"""For banks and terminals: requests signed by RFC 9421, and the gateway's side of it."""

from lib_partner._client import SignedAuth, signed_client
from lib_partner._signatures import (
    ALGORITHMS,
    TAG,
    SignatureRefused,
    SigningKey,
    VerifiedSignature,
    content_digest,
    sign_request,
    verify_request,
)

__all__ = [
    "ALGORITHMS",
    "TAG",
    "SignatureRefused",
    "SignedAuth",
    "SigningKey",
    "VerifiedSignature",
    "content_digest",
    "sign_request",
    "signed_client",
    "verify_request",
]
