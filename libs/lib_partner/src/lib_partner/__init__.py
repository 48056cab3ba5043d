"""For banks and terminals: requests signed by RFC 9421, webhooks verified, and the gateway's side of both."""

from lib_partner._client import GatewayRefused, PartnerClient, SignedAuth, signed_client
from lib_partner._signatures import (
    ALGORITHMS,
    TAG,
    WEBHOOK_TAG,
    SignatureRefused,
    SigningKey,
    VerifiedSignature,
    content_digest,
    key_id_of,
    sign_request,
    verify_request,
)
from lib_partner._webhooks import WebhookEvent, WebhookVerifier

__all__ = [
    "ALGORITHMS",
    "TAG",
    "WEBHOOK_TAG",
    "GatewayRefused",
    "PartnerClient",
    "SignatureRefused",
    "SignedAuth",
    "SigningKey",
    "VerifiedSignature",
    "WebhookEvent",
    "WebhookVerifier",
    "content_digest",
    "key_id_of",
    "sign_request",
    "signed_client",
    "verify_request",
]
