"""The demo identity provider: stands in for the province's, only under `make run`."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
from joserfc import jwt

from lib_kernel import new_id, person_id
from lib_local._keys import Keys
from lib_local._people import Person

AUDIENCE = "pingdingshan-gateway"
TOKEN_SECONDS = 12 * 3600
ALGORITHM = "ES256"

CODE_SECONDS = 60
CALLBACK = "/staff/login/callback"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Form = dict[str, str]


@dataclass(frozen=True)
class _Code:
    """What a code was given for; it is good once."""

    user: str
    asked: Form
    ends: float


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    location: str = ""


class DemoIdentityProvider:
    """A small ASGI application: discovery, keys, log-in by code with PKCE, a click being the password.

    `origin` is the platform's: nowhere else is a code sent, and without it nobody logs in by browser.

    Raises:
        RuntimeError: on creation outside a local run, which has a folder of generated secrets.
    """

    def __init__(self, issuer: str, keys: Keys, people: list[Person], origin: str = "") -> None:
        if not (keys.folder / "identity.pem").exists():
            raise RuntimeError("the demo identity provider runs only inside a local run")
        self.issuer = issuer
        self._key = keys.identity_key()
        self._person_key = keys.text("person-id.key").encode()
        self._people = {person.user: person for person in people}
        self._origin = origin
        self._codes: dict[str, _Code] = {}

    def person_id(self, person: Person) -> str:
        """Return the opaque id of a citizen, as the gateway makes it at terminals and banks."""
        return person_id(self._person_key, "111", person.id_number)

    def token(self, user: str, seconds: int = TOKEN_SECONDS) -> str:
        """Return an access token. Raises KeyError for an unknown user."""
        person = self._people[user]
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": f"demo-{user}",
            "iat": now,
            "exp": now + seconds,
            "jti": new_id().hex,
            "roles": list(person.roles),
        }
        if person.staff_id:
            claims |= {
                "staff_id": person.staff_id,
                "orgs": list(person.orgs),
                "points": list(person.points),
            }
        else:
            claims["person_id"] = self.person_id(person)
        return jwt.encode({"alg": ALGORITHM, "kid": "demo-1"}, claims, self._key, algorithms=[ALGORITHM])

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        is_post = scope["method"] == "POST"
        sent = await _body(receive) if is_post else scope["query_string"]
        answer = self._answer(scope["method"], scope["path"], _form(sent.decode()))
        headers = [(b"content-type", answer.kind.encode()), (b"cache-control", b"no-store")]
        if answer.location:
            headers.append((b"location", answer.location.encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, method: str, path: str, form: Form) -> _Answer:
        if path == "/jwks.json":
            return _json({"keys": [{**self._key.as_dict(private=False), "kid": "demo-1", "alg": ALGORITHM}]})
        if path == "/.well-known/openid-configuration":
            return _json(self._discovery())
        if path == "/authorize":
            return self._chosen(form) if method == "POST" else self._choice(form)
        if path == "/token" and method == "POST":
            return self._redeemed(form)
        if path == "/logout":
            is_known = form.get("post_logout_redirect_uri", "").startswith(f"{self._origin}/")
            return _Answer(303, b"", location=form["post_logout_redirect_uri"] if is_known else self._origin)
        return _json({"error": "not_found"}, 404)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks.json",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _choice(self, asked: Form) -> _Answer:
        """Return the page on which the visitor says who they are."""
        if not self._is_sound(asked):
            return _json({"error": "invalid_request"}, 400)
        kept = "".join(_hidden(name, asked[name]) for name in ("redirect_uri", "state", "code_challenge"))
        buttons = "".join(
            f'<p><button name="user" value="{escape(person.user)}">{escape(person.name)}</button></p>'
            for person in self._people.values()
        )
        fixed = _hidden("response_type", "code") + _hidden("code_challenge_method", "S256")
        return _page(f'<form method="post" action="/authorize">{fixed}{kept}{buttons}</form>')

    def _chosen(self, form: Form) -> _Answer:
        if not self._is_sound(form) or form.get("user") not in self._people:
            return _json({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(form["user"], form, time.monotonic() + CODE_SECONDS)
        back = urlencode({"code": code, "state": form["state"]})
        return _Answer(303, b"", location=f"{form['redirect_uri']}?{back}")

    def _redeemed(self, form: Form) -> _Answer:
        known = self._codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            known is None
            or known.ends < time.monotonic()
            or challenge != known.asked["code_challenge"]
            or form.get("redirect_uri") != known.asked["redirect_uri"]
            or form.get("grant_type") != "authorization_code"
        ):
            return _json({"error": "invalid_grant"}, 400)
        token = self.token(known.user)
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _is_sound(self, asked: Form) -> bool:
        return (
            asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and bool(asked.get("state") and asked.get("code_challenge"))
            and asked.get("redirect_uri") == self._origin + CALLBACK
        )


async def _body(receive: Receive) -> bytes:
    found = bytearray()
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(found)


def _form(text: str) -> Form:
    return {name: values[0] for name, values in parse_qs(text).items()}


def _json(body: object, status: int = 200) -> _Answer:
    return _Answer(status, orjson.dumps(body))


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _page(content: str) -> _Answer:
    text = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>演示身份认证</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:18px/1.6 system-ui,sans-serif;max-width:28rem;margin:2rem auto;padding:0 1rem}"
        "button{font:inherit;width:100%;padding:.6rem}</style></head><body>"
        f"<h1>演示身份认证</h1><p>只在本机演示中使用：选择以谁的身份登录。</p>{content}</body></html>"
    )
    return _Answer(200, text.encode(), "text/html; charset=utf-8")
