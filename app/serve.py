"""Runs the dashboard in this process until Ctrl+C."""

import logging
import socket
import sys

import uvicorn

from app.errors import SitedeckError
from app.factory import create_app
from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.localhost.start import start_daemon
from app.routes.services import Services
from app.security.deadline import DeadlineProtocol
from app.settings import Settings
from app.store.database import Database

_log = logging.getLogger(__name__)


def serve(settings: Settings, database: Database, listener: socket.socket) -> int:
    """Serves on the bound `listener`; ends within seconds even with streams open."""
    app = create_app(settings, database)
    services: Services = app.state.services
    if settings.local_host:
        _start_local_host(settings)
    config = uvicorn.Config(
        app,
        http=DeadlineProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Forwarded headers count only from --trusted-proxy, which the app sees to itself.
        proxy_headers=False,
        h11_max_incomplete_event_size=64 * 1024,
        limit_concurrency=settings.streams + 200,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    # The sockets listen before the address is printed: whoever opens it then is served.
    listener.listen(2048)
    _greet(settings, services)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn raises the signal again when it has ended in good order.
        pass
    finally:
        database.close()
    return 0


def _start_local_host(settings: Settings) -> None:
    paths = HostPaths(settings.data / "host")
    try:
        start_daemon(paths, str(settings.sites_listen))
        problem = ask(paths, "GET", "/api/host/")["sites_error"]
    except SitedeckError as error:
        problem = str(error)
    if problem:
        # The dashboard is still of use: it says so on every page.
        _log.warning("%s", problem)


def _greet(settings: Settings, services: Services) -> None:
    lines = [f"Sitedeck is at {settings.public_origin or settings.listen.origin}"]
    if settings.local_host:
        port = settings.sites_listen.port
        lines.append(f"Sites on this machine are at http://NAME.localhost:{port}")
    if not services.users.has_admin():
        token = services.setup_token.issue()
        lines.append(f"Setup token: {token}")
        lines.append(
            "Open the address and create the administrator; the token is good for an hour."
        )
    if settings.local_host:
        lines.append(
            "Ctrl+C ends the dashboard and leaves the sites running; `make stop` ends them."
        )
    print("\n".join(lines), file=sys.stdout, flush=True)
