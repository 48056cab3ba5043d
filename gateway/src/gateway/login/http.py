"""Pages for staff's browsers, and the way in and out: log in at the identity provider, come back, log out."""

import re
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.attempts import FailedAttempts
from gateway.identity import Authenticator
from gateway.identity import Request as Asked
from gateway.login.provider import CALLBACK, Begun, IdentityProvider, LoginRefused
from gateway.login.store import LONGEST_SECONDS, Logins
from lib_kernel import DomainError, NotAuthenticated
from lib_web import MEDIA_TYPE, problem_of

PAGES = Path(__file__).parents[1] / "pages"
HOME = "/staff/pages/digest"
LOGGED_OUT = "/staff/logged-out"
# Nothing else is gone back to after the log-in: no foreign address, no operation.
OUR_PAGE = re.compile(r"/staff/pages/[a-z-]+(\?[0-9A-Za-z_=&.-]{0,200})?")
BEGUN_SECONDS = 600

Handler = Callable[[Request], Awaitable[Response]]


class Entrance:
    """What the pages and the log-in work with; the web process keeps it as `app.state.entrance`."""

    def __init__(
        self,
        authenticator: Authenticator,
        logins: Logins,
        provider: IdentityProvider,
        attempts: FailedAttempts,
    ) -> None:
        self.authenticator = authenticator
        self.logins = logins
        self.provider = provider
        self.attempts = attempts


def login_routes() -> list[Route]:
    """Return the routes of pages and log-in."""
    return [
        Route("/staff/pages/digest", _shown(_digest)),
        Route("/staff/login", _shown(_login)),
        Route(CALLBACK, _shown(_come_back)),
        Route("/staff/logout", _logout, methods=["POST"]),
        Route(LOGGED_OUT, _logged_out),
    ]


def _shown(handler: Handler) -> Handler:
    """Return a handler whose refusals are pages: who looks at them sits at a browser."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except DomainError as error:
            status, _, fields = problem_of(error)
            return HTMLResponse(_page(error.title, error.detail), status, fields)

    return answer


async def _digest(request: Request) -> Response:
    """Show the page to staff, and lead everybody else to the log-in."""
    try:
        await _entrance(request).authenticator.authenticate("staff", _asked(request))
    except NotAuthenticated:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/staff/login?next={quote(request.url.path + query, safe='')}", 303)
    return FileResponse(PAGES / "digest.html", headers={"cache-control": "no-cache"})


async def _login(request: Request) -> Response:
    entrance, begun = _entrance(request), Begun()
    answer = RedirectResponse(await entrance.provider.address(begun), 303)
    wanted = quote(_our_page(request.query_params.get("next", "")), safe="")
    value = f"{begun.state}.{begun.verifier}.{wanted}"
    _set(answer, entrance.logins, entrance.logins.begun_cookie, value, BEGUN_SECONDS)
    return answer


async def _come_back(request: Request) -> Response:
    """Take the code to the provider, if this browser began the log-in, and begin a session."""
    entrance, asked = _entrance(request), _asked(request)
    address = entrance.authenticator.address_of(asked)
    entrance.attempts.check(address)
    parts = request.cookies.get(entrance.logins.begun_cookie, "").split(".", 2)
    given, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    if len(parts) < 3 or not code or not secrets.compare_digest(parts[0].encode(), given.encode()):
        raise LoginRefused
    state, verifier, wanted = parts
    try:
        token = await entrance.provider.token(code, Begun(state, verifier))
    except LoginRefused as refused:
        entrance.attempts.note(address, "staff", refused.code)
        raise
    await entrance.authenticator.authenticate(
        "staff", Asked("GET", asked.url, {"authorization": f"Bearer {token}"}, peer=asked.peer)
    )
    answer = RedirectResponse(_our_page(unquote(wanted)), 303)
    _set(answer, entrance.logins, entrance.logins.cookie, await entrance.logins.begin(token), LONGEST_SECONDS)
    _set(answer, entrance.logins, entrance.logins.begun_cookie, "", 0)
    return answer


async def _logout(request: Request) -> Response:
    """End the session here; `next` is where the browser goes to end it at the provider too."""
    entrance = _entrance(request)
    try:
        await entrance.logins.end(request.headers)
    except DomainError as error:
        status, body, fields = problem_of(error)
        return Response(body, status, fields, MEDIA_TYPE)
    answer = JSONResponse({"next": await entrance.provider.way_out(LOGGED_OUT)})
    _set(answer, entrance.logins, entrance.logins.cookie, "", 0)
    return answer


async def _logged_out(_request: Request) -> Response:
    return HTMLResponse(_page("已退出", "在公共电脑上，请一并关闭浏览器。"))


def _entrance(request: Request) -> Entrance:
    found: Entrance = request.app.state.entrance
    return found


def _asked(request: Request) -> Asked:
    peer = request.client.host if request.client else ""
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    return Asked(request.method, str(request.url), headers, peer=peer)


def _our_page(wanted: str) -> str:
    return wanted if OUR_PAGE.fullmatch(wanted) else HOME


def _set(answer: Response, logins: Logins, name: str, value: str, seconds: int) -> None:
    # Lax and not Strict: the browser comes back from the provider's site, and must bring it along.
    answer.set_cookie(name, value, max_age=seconds, secure=logins.is_https, httponly=True, samesite="lax")


def _page(title: str, text: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" href="/assets/city.css"></head><body>'
        f'<header class="top"><h1>{escape(title)}</h1><p>平顶山市政务服务</p></header>'
        f'<main><p>{escape(text)}</p><p><a href="/staff/login">重新登录</a></p></main></body></html>'
    )
