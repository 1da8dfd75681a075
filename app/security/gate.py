"""The wall: every request that no rule allows ends here, before any body is read.

FastHTML's Beforeware sees neither WebSockets nor mounts, and runs after the body was parsed, so it
only decides how an unsigned page request is answered; whether one passes is decided here.
"""

from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app import urls
from app.security.rules import RouteKind, RouteTable, Rule
from app.store.sessions import SessionRow

ErrorPage = Callable[[Scope, int], Response]
SessionLookup = Callable[[str], Awaitable[SessionRow | None]]


class Gate:
    """Resolves the session once into `scope["auth"]` and refuses what is not declared."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        table: RouteTable,
        cookie_name: str,
        find_session: SessionLookup,
        is_set_up: Callable[[], bool],
        error_page: ErrorPage,
    ) -> None:
        self.app = app
        self.table = table
        self.cookie_name = cookie_name
        self.find_session = find_session
        self.is_set_up = is_set_up
        self.error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        rule = self.table.find(scope["method"], scope["path"])
        scope["auth"] = await self._session(scope)
        refusal = self._refusal(scope, rule)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _session(self, scope: Scope) -> SessionRow | None:
        cookie = read_cookie(Headers(scope=scope).get("cookie", ""), self.cookie_name)
        return await self.find_session(cookie) if cookie else None

    def _refusal(self, scope: Scope, rule: Rule | None) -> Response | None:
        if not self.is_set_up() and not (rule and rule.in_setup):
            return RedirectResponse(urls.SETUP, 303)
        if rule is None:
            methods = self.table.methods(scope["path"])
            if not methods:
                return self.error_page(scope, 404)
            response = self.error_page(scope, 405)
            response.headers["allow"] = ", ".join(methods)
            return response
        if rule.role is None:
            return None
        session: SessionRow | None = scope["auth"]
        if session is None:
            return None if rule.kind is RouteKind.PAGE else _sign_in_again()
        return None if session.user.role.includes(rule.role) else self.error_page(scope, 403)


def read_cookie(header: str, name: str) -> str:
    """The value of one cookie, or the empty string."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _sign_in_again() -> Response:
    # HTMX follows HX-Redirect whatever the status; an EventSource just stops at a 401.
    return PlainTextResponse(
        "Sign in again.", 401, {"hx-redirect": urls.LOGIN, "cache-control": "no-store"}
    )
