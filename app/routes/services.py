"""What routes work with: made once by the factory, found through the request."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.types import Scope

from app.hosting.accounts import AccountService
from app.hosting.actions import SiteActions
from app.hosting.aftermath import Aftermath
from app.hosting.attention import Attention
from app.hosting.certificates import CertificateWatch
from app.hosting.changes import Changes
from app.hosting.dnscheck import DnsCheck
from app.hosting.known import KnownSites
from app.hosting.local import LocalHostWatch
from app.hosting.making import SiteMaker
from app.hosting.operations.worker import OperationWorker
from app.hosting.sitewatch import SiteWatch
from app.logs.hub import LogHub
from app.logs.remote.sources import LogSources
from app.models import Actor, Role
from app.security.passwords import PasswordService
from app.security.rules import auth_of
from app.security.sessions import SessionService
from app.security.setup import SetupToken
from app.security.streams import StreamSlots
from app.settings import Settings
from app.store.accounts import Accounts
from app.store.activity import ActivityLog
from app.store.operations import Operations
from app.store.sessions import SessionRow
from app.store.sites import Sites
from app.store.users import Users


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    users: Users
    accounts: Accounts
    sites: Sites
    known: KnownSites
    account_service: AccountService
    attention: Attention
    activity: ActivityLog
    sessions: SessionService
    passwords: PasswordService
    setup_token: SetupToken
    actions: SiteActions
    maker: SiteMaker
    aftermath: Aftermath
    site_watch: SiteWatch | None
    certificates: CertificateWatch
    dns: DnsCheck
    operations: Operations
    worker: OperationWorker
    changes: Changes
    hub: LogHub
    log_files: LogSources
    slots: StreamSlots
    local_host: LocalHostWatch | None


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def session_of(request: Request) -> SessionRow:
    """The session of a signed-in request; the gate and the router have seen to it."""
    session = auth_of(request.scope)
    assert session is not None
    return session


def role_of(request: Request) -> Role:
    return session_of(request).user.role


def actor_of(request: Request) -> Actor:
    session = session_of(request)
    trusted = services_of(request).settings.trusted_proxies
    return Actor(session.user.name, client_address(request.scope, trusted), session.id_hash)


def client_address(scope: Scope, trusted: frozenset[str]) -> str:
    """The peer's address, or the last one that a trusted proxy says it forwards for.

    Behind a Unix socket there is no peer address: the socket's owner is the proxy.
    """
    client = scope.get("client")
    peer: str = client[0] if client else "unix"
    if peer not in trusted:
        return peer
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return forwarded.rpartition(",")[2].strip()[:45] or peer


def utc_now() -> datetime:
    return datetime.now(UTC)
