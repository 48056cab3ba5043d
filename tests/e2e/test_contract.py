"""Every operation of every channel, asked with what its document allows: no server error, no surprise.

The documents are those that the gateway gives the channel's developers.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from channel_document import bounded, content_of, operations
from hypothesis import given
from platform_runner import Runner

from gateway.routes import TABLE
from gateway.routing import read_table
from lib_partner import SignedAuth, SigningKey

EXAMPLES = 2
STREAMS = {route.template for route in read_table(TABLE).routes if route.is_stream}
# What ends the credentials that the other operations are asked with.
ENDING = {"/v1/sessions/current", "/v1/revoked-tokens", "/v1/sandbox-reset"}


# Who is asking is proven by the client, never by what the document's examples say.
PROOFS = {"Authorization", "Signature-Input"}


def credentials(demo: dict[str, Any], channel: str) -> tuple[dict[str, str], httpx.Auth | None]:
    """Return header fields and signer with which a channel's developer asks."""
    known = demo["channels"]
    if channel in {"bank", "kiosk"}:
        found = known[channel]
        key = SigningKey(found["key_id"], found["algorithm"], found["private_key_pem"].encode())
        return {}, SignedAuth(key)
    if channel == "public":
        return {}, None
    token = known["staff"]["admin"]["token"] if channel == "staff" else known[channel]["citizen_a"]["token"]
    return {"Authorization": f"Bearer {token}"}, None


def checked(client: httpx.Client, operation: Any, wrong: list[str]) -> Callable[[], None]:
    """Return the test of one operation; what is wrong is added to the list, so that all is seen at once."""

    @bounded(EXAMPLES)
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        body = content_of(case)
        headers = {**{k: str(v) for k, v in (case.headers or {}).items()}, **body.pop("headers", {})}
        headers = {
            name: value
            for name, value in headers.items()
            if name not in PROOFS and value.isascii() and value.isprintable()
        }
        answer = client.request(
            case.method, case.formatted_path, params=case.query or None, headers=headers, **body
        )
        documented = operation.definition.raw["responses"]
        named = f"{case.method} {operation.path} {answer.status_code}"
        if answer.status_code >= 500 or str(answer.status_code) not in documented:
            wrong.append(f"{named} {answer.text[:200]}")
        elif answer.status_code >= 400 and not answer.headers["content-type"].startswith(
            "application/problem+json"
        ):
            wrong.append(f"{named} is no problem+json")

    return check


@pytest.mark.parametrize("channel", ["public", "mobile", "kiosk", "bank", "staff"])
def test_no_operation_fails_or_answers_what_it_does_not_document(own_runner: Runner, channel: str) -> None:
    demo, wrong = own_runner.demo, list[str]()
    headers, auth = credentials(demo, channel)
    with httpx.Client(base_url=demo["base_url"], headers=headers, auth=auth, timeout=30) as client:
        document = client.get(f"/{channel}/openapi.json").json()
        asked = 0
        for operation in operations(document):
            template = operation.path.removeprefix(f"/{channel}")
            if template in STREAMS | ENDING:
                continue
            checked(client, operation, wrong)()
            asked += 1
    assert asked > 10
    assert not wrong, "\n".join(wrong)
