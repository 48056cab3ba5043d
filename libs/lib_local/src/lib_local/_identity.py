"""The demo identity provider: stands in for the province's, only under `make run`."""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import orjson
from joserfc import jwt

from lib_kernel import new_id, person_id
from lib_local._keys import Keys
from lib_local._people import Person

AUDIENCE = "pingdingshan-gateway"
TOKEN_SECONDS = 12 * 3600
ALGORITHM = "ES256"

Send = Callable[[dict[str, Any]], Awaitable[None]]


class DemoIdentityProvider:
    """A small ASGI application: discovery, keys, and tokens by user name.

    Raises:
        RuntimeError: on creation outside a local run, which has a folder of generated secrets.
    """

    def __init__(self, issuer: str, keys: Keys, people: list[Person]) -> None:
        if not (keys.folder / "identity.pem").exists():
            raise RuntimeError("the demo identity provider runs only inside a local run")
        self.issuer = issuer
        self._key = keys.identity_key()
        self._person_key = keys.text("person-id.key").encode()
        self._people = {person.user: person for person in people}

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

    async def __call__(self, scope: dict[str, Any], receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, body = self._answer(scope["path"], scope["query_string"].decode())
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    def _answer(self, path: str, query: str) -> tuple[int, object]:
        if path == "/jwks.json":
            return 200, {"keys": [{**self._key.as_dict(private=False), "kid": "demo-1", "alg": ALGORITHM}]}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/jwks.json",
                "token_endpoint": f"{self.issuer}/token",
            }
        user = parse_qs(query).get("user", [""])[0]
        if path == "/token" and user in self._people:
            return 200, {
                "access_token": self.token(user),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
            }
        return 404, {"error": "unknown_user" if path == "/token" else "not_found"}
