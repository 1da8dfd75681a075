"""Builds the dashboard: services, routes, and the ASGI layers around them."""

from collections.abc import Callable

from fasthtml.common import Beforeware, FastHTML, Redirect
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app import urls
from app.hosting.probe import Ask, Prober
from app.lifespan import Background
from app.routes import (
    accounts,
    actions,
    activity,
    auth,
    domains,
    events,
    logs,
    newsite,
    operations,
    site,
    sites,
    sitesettings,
)
from app.routes.failures import HANDLERS, Mistakes, error_response
from app.routes.router import Router
from app.routes.services import Services
from app.security.csrf import SameOriginOnly
from app.security.gate import Gate
from app.security.headers import SecurityHeaders
from app.security.hosts import AllowedHosts
from app.security.limits import RequestLimits
from app.security.rules import RouteKind, RouteTable, Rule
from app.settings import Settings
from app.store.database import Database
from app.wiring import make_services

ROUTERS: tuple[Router, ...] = (
    auth.router,
    sites.router,
    actions.router,
    site.router,
    logs.router,
    sitesettings.router,
    operations.router,
    domains.router,
    newsite.router,
    accounts.router,
    activity.router,
    events.router,
)
STATIC_RULES = tuple(
    Rule(method, "/static/{path:path}", RouteKind.PAGE, None, in_setup=True)
    for method in ("GET", "HEAD")
)


def create_app(settings: Settings, database: Database, ask: Ask | None = None) -> FastHTML:
    """The app, not yet running. `app.state.services` is what its routes work with.

    `ask` stands in for asking sites at their public addresses. Raises ConfigurationError if a
    file in the data folder cannot be used.
    """
    services = make_services(settings, database, ask or Prober().ask)
    table = RouteTable([rule for router in ROUTERS for rule in router.rules] + [*STATIC_RULES])
    app = FastHTML(
        default_hdrs=False,
        canonical=False,
        sess_cls=None,
        # Unused without its sessions, but without one it writes a key file of its own.
        secret_key="unused",
        max_part_size=65536,
        before=Beforeware(_require_sign_in),
        exception_handlers=HANDLERS,
        lifespan=Background(services).lifespan,
        middleware=_layers(settings, services, table),
        routes=[Mount("/static", FingerprintedFiles(directory=urls.STATIC_FOLDER), name="static")],
    )
    for router in ROUTERS:
        router.api_router.to_app(app)
    app.state.services = services
    app.state.route_table = table
    return app


class FingerprintedFiles(StaticFiles):
    """Static files; an address with a fingerprint never changes its content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_fingerprinted = scope["query_string"].startswith(b"v=") and response.status_code == 200
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if is_fingerprinted else "no-cache"
        )
        return response


def _layers(settings: Settings, services: Services, table: RouteTable) -> list[Middleware]:
    """Outermost first. Headers come before the refusals, so that these carry them too."""
    return [
        Middleware(SecurityHeaders, is_https=settings.is_https),
        Middleware(Mistakes),
        Middleware(AllowedHosts, names=settings.allowed_hosts),
        Middleware(RequestLimits),
        Middleware(
            Gate,
            table=table,
            cookie_name=services.sessions.cookie_name,
            find_session=services.sessions.find,
            is_set_up=_remembering(services.users.has_admin),
            error_page=error_response,
        ),
        Middleware(SameOriginOnly, public_origin=settings.public_origin),
        # Leaves event streams alone. No page holds a secret that a guess in the URL could probe.
        Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
    ]


def _require_sign_in(req: Request) -> Redirect | None:
    """How an unsigned request for a page is answered; that it goes no further, the gate decides."""
    rule = req.app.state.route_table.find(req.method, req.scope["path"])
    if rule is None or rule.role is None or req.scope.get("auth") is not None:
        return None
    query = req.scope["query_string"].decode("latin-1")
    wanted = req.scope["path"] + (f"?{query}" if query else "")
    return Redirect(urls.login("" if wanted == urls.SITES else wanted))


def _remembering(is_true: Callable[[], bool]) -> Callable[[], bool]:
    """Asks until the answer is yes, and then never again."""
    known = False

    def ask() -> bool:
        nonlocal known
        known = known or is_true()
        return known

    return ask
