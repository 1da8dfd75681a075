"""Makes the services of the dashboard and ties them together."""

from functools import partial
from urllib.parse import urlsplit

from app import __version__
from app.hosting.accounts import AccountService
from app.hosting.actions import SiteActions
from app.hosting.aftermath import Aftermath
from app.hosting.attention import Attention
from app.hosting.certificates import CertificateWatch
from app.hosting.changes import Changes
from app.hosting.client import HostingClient
from app.hosting.dnscheck import DnsCheck, NameServer
from app.hosting.journalled import JournalledCalls
from app.hosting.known import KnownSites
from app.hosting.local import LocalHostWatch
from app.hosting.making import SiteMaker
from app.hosting.operations.journal import Journal
from app.hosting.operations.worker import OperationWorker
from app.hosting.probe import Ask
from app.hosting.sitewatch import SiteWatch
from app.hosting.verdict import Verdicts
from app.localhost.paths import HostPaths
from app.localhost.start import start_daemon
from app.logs.entries import fold
from app.logs.hub import LogHub
from app.logs.remote.crashes import watching
from app.logs.remote.folders import LogFolders
from app.logs.remote.sources import LogSources
from app.routes.services import Services
from app.security.passwords import PasswordService
from app.security.sessions import SessionService, default_clock, load_signing_key
from app.security.setup import SetupToken
from app.security.streams import StreamSlots
from app.security.vault import load_vault
from app.settings import Settings
from app.store.accounts import LOCAL, Accounts
from app.store.activity import ActivityLog
from app.store.certificates import Certificates
from app.store.checks import Checks
from app.store.database import Database
from app.store.operations import Operations
from app.store.sessions import Sessions
from app.store.sites import Sites
from app.store.users import Users
from components.logrows import render_rows


def make_services(settings: Settings, database: Database, ask: Ask) -> Services:
    """`ask` asks a site at its address whether it answers.

    Raises ConfigurationError if a file in the data folder cannot be used.
    """
    sites, changes = Sites(database, asks_sites=settings.check_sites), Changes()
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
    clients, refresh_soon = account_service.clients, account_service.refresh_soon
    hub = LogHub(lambda lines: render_rows(fold(lines)).encode())
    log_files = LogSources(paths, settings.data / "remote", clients, LogFolders(settings.own_logs))
    checks = Checks(database)
    checks.expect_nothing()
    crashes_of = partial(watching, log_files)
    site_watch = None
    if settings.check_sites:
        site_watch = SiteWatch(ask, known, checks, accounts_store.check_intervals, crashes_of)
    verdicts = Verdicts(ask, crashes_of, known, checks)
    aftermath = Aftermath(known, changes, activity, verdicts)
    certificates = CertificateWatch(clients, known, Certificates(database), activity, changes)
    server = settings.name_server
    operation_store = Operations(database)
    journal = Journal(operation_store, changes)
    worker = OperationWorker(journal, clients, known, changes, refresh_soon, aftermath.begun)
    own_domain = urlsplit(settings.public_origin).hostname or ""
    log = JournalledCalls(
        account_service.client, activity, journal, worker.wake, own_domain=own_domain
    )
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
        actions=SiteActions(log, known, refresh_soon, aftermath),
        maker=SiteMaker(log, known, refresh_soon, aftermath),
        aftermath=aftermath,
        site_watch=site_watch,
        certificates=certificates,
        dns=DnsCheck([NameServer(server.host, server.port)] if server else []),
        operations=operation_store,
        worker=worker,
        changes=changes,
        hub=hub,
        log_files=log_files,
        slots=StreamSlots(settings.streams_per_session, settings.streams),
        local_host=local_host,
    )
