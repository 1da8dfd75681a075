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

from app import __version__, urls
from app.hosting.accounts import AccountService
from app.hosting.actions import SiteActions
from app.hosting.attention import Attention
from app.hosting.changes import Changes
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.hosting.local import LocalHostWatch
from app.hosting.operations.journal import Journal
from app.hosting.operations.worker import OperationWorker
from app.lifespan import Background
from app.localhost.paths import HostPaths
from app.localhost.start import start_daemon
from app.logs.entries import fold
from app.logs.hub import LogHub
from app.logs.remote.folders import LogFolders
from app.logs.remote.sources import LogSources
from app.routes import (
    accounts,
    activity,
    auth,
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
from app.security.passwords import PasswordService
from app.security.rules import RouteKind, RouteTable, Rule
from app.security.sessions import SessionService, default_clock, load_signing_key
from app.security.setup import SetupToken
from app.security.streams import StreamSlots
from app.security.vault import load_vault
from app.settings import Settings
from app.store.accounts import LOCAL, Accounts
from app.store.activity import ActivityLog
from app.store.database import Database
from app.store.operations import Operations
from app.store.sessions import Sessions
from app.store.sites import Sites
from app.store.users import Users
from components.logrows import render_rows

ROUTERS: tuple[Router, ...] = (
    auth.router,
    sites.router,
    site.router,
    logs.router,
    sitesettings.router,
    operations.router,
    newsite.router,
    accounts.router,
    activity.router,
    events.router,
)
STATIC_RULES = tuple(
    Rule(method, "/static/{path:path}", RouteKind.PAGE, None, in_setup=True)
    for method in ("GET", "HEAD")
)


def create_app(settings: Settings, database: Database) -> FastHTML:
    """The app, not yet running. `app.state.services` is what its routes work with.

    Raises ConfigurationError if a file in the data folder cannot be used.
    """
    services = _services(settings, database)
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


def _services(settings: Settings, database: Database) -> Services:
    sites, changes = Sites(database), Changes()
    known = KnownSites(sites, changes)
    accounts_store = Accounts(database)
    paths = HostPaths(settings.data / "host")
    activity = ActivityLog(database)
    attention = Attention()
    local_host = local_client = None
    if settings.local_host:
        accounts_store.ensure_local()
        local_client = HostingClient.local(LOCAL, paths.socket, paths.token)
        local_host = LocalHostWatch(
            local_client,
            known,
            changes,
            version=__version__,
            socket=paths.socket,
            start_host=lambda: start_daemon(paths, str(settings.sites_listen)),
        )
    else:
        accounts_store.remove_local()
    account_service = AccountService(
        accounts_store,
        known,
        changes,
        load_vault(settings.key_file or settings.data / "keys.json"),
        settings.api_hosts,
        settings.ca_file,
        local_client,
        attention,
    )
    operation_store = Operations(database)
    journal = Journal(operation_store, changes)
    clients, refresh_soon = account_service.clients, account_service.refresh_soon
    worker = OperationWorker(journal, clients, known, changes, refresh_soon)
    return Services(
        settings=settings,
        users=Users(database),
        accounts=accounts_store,
        sites=sites,
        known=known,
        account_service=account_service,
        attention=attention,
        activity=activity,
        sessions=SessionService(
            Sessions(database),
            load_signing_key(settings.data / "session.key"),
            is_https=settings.is_https,
            clock=default_clock,
            may_be_site=settings.may_be_site,
        ),
        passwords=PasswordService(),
        setup_token=SetupToken(settings.data / "setup-token"),
        actions=SiteActions(clients, known, activity, changes, refresh_soon, journal, worker.wake),
        operations=operation_store,
        worker=worker,
        changes=changes,
        hub=LogHub(lambda lines: render_rows(fold(lines)).encode()),
        log_files=LogSources(
            paths,
            settings.data / "remote",
            account_service.clients,
            LogFolders(settings.own_logs),
        ),
        slots=StreamSlots(settings.streams_per_session, settings.streams),
        local_host=local_host,
    )


def _remembering(is_true: Callable[[], bool]) -> Callable[[], bool]:
    """Asks until the answer is yes, and then never again."""
    known = False

    def ask() -> bool:
        nonlocal known
        known = known or is_true()
        return known

    return ask
