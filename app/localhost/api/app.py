"""The API of the local host: routes, the token check in front of them, and its server."""

import contextlib
import hmac
from collections.abc import Awaitable, Callable, Generator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.localhost.api import control, files, websites
from app.localhost.api.answers import HANDLERS, detail
from app.localhost.api.context import HostContext
from app.localhost.api.wire import USER

Handler = Callable[[Request], Awaitable[Response]]
GRACE_SECONDS = 1


class TokenCheck:
    """Lets only requests with the token through. Everything it guards is HTTP."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Token {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            if len(given) != 1 or not hmac.compare_digest(given[0], self._expected):
                text = (
                    "Invalid token." if given else "Authentication credentials were not provided."
                )
                refusal = detail(text, 401, {"WWW-Authenticate": "Token"})
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class ApiServer(uvicorn.Server):
    """Serves the API on one socket; the daemon handles signals itself."""

    def __init__(self, context: HostContext) -> None:
        app = TokenCheck(create_api(context), context.token)
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            limit_concurrency=200,
        )
        super().__init__(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def create_api(context: HostContext) -> Starlette:
    """The ASGI application, without the token check."""
    site = "/api/v1/user/{user}/websites/{domain}"
    routes = [
        *_both("/api/v1/user/{user}/websites", GET=websites.list_sites, POST=websites.create_site),
        *_both(
            site,
            GET=websites.get_site,
            PATCH=websites.patch_site,
            DELETE=websites.delete_site,
        ),
        *_both(f"{site}/reload", POST=websites.reload_site),
        _route(
            "/api/v0/user/{user}/files/path/{path:path}",
            GET=files.read_path,
            DELETE=files.delete_path,
        ),
        *_both("/api/v0/user/{user}/files/tree", GET=files.show_tree),
        *_both("/api/host", GET=control.show_host),
        *_both("/api/host/events", GET=control.stream_events),
        *_both("/api/host/stop", POST=control.stop_host),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False
    app.state.context = context
    return app


def _both(path: str, **handlers: Handler) -> list[Route]:
    """Routes with and without a slash at the end: a redirect would turn a POST into a GET."""
    return [_route(path, **handlers), _route(f"{path}/", **handlers)]


def _route(path: str, **handlers: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.path_params.get("user", USER) != USER:
            return detail("You do not have permission to perform this action.", 403)
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return Route(path, endpoint, methods=list(handlers))
