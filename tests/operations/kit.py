"""A journal with its worker over a fake PythonAnywhere, at a pace that tests can wait for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.hosting.actions import SiteActions
from app.hosting.aftermath import LOOKER, Aftermath
from app.hosting.changes import Change, Changes, OperationsChanged
from app.hosting.client import Deadlines, HostingClient
from app.hosting.journalled import JournalledCalls
from app.hosting.known import KnownSites
from app.hosting.making import SiteMaker
from app.hosting.operations.journal import Journal
from app.hosting.operations.steps import Pace
from app.hosting.operations.worker import OperationWorker
from app.models import (
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Site,
    SiteAction,
    SiteStatus,
    Specification,
)
from app.store.activity import ActivityLog
from app.store.database import Database
from app.store.operations import Operations
from app.store.sites import Sites
from tests.fakes.pythonanywhere import TOKEN
from tests.hosting.conftest import REMOTE, unhurried_governor, until
from tests.support import running

SHOP = "shop.example.org"
OLD, NEW = "/home/alice/old", "/home/alice/new"
ACTOR = Actor("admin", "127.0.0.1", "session")
PACE = Pace(
    double_look=0.03,
    look_again=0.03,
    lag=0.25,
    settle=0.5,
    patience=1.5,
    reserved=2.0,
    longest=0.3,
    unanswered=0.3,
    rare=0.4,
    quiet=30.0,
)
# A call that hangs is given up soon, but not because this machine is busy.
DEADLINES = Deadlines(connect=2.0, silence=0.6, reading=0.7, changing=0.8)
OLD_SPEC = Specification(
    SHOP,
    OLD,
    True,
    domains=(SHOP,),
    certificate="letsencrypt-auto-renew",
    logs=(f"/var/log/{SHOP}.error.log",),
)


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database with the account in it."""
    database = Database(path)
    try:
        database.execute(
            "INSERT OR IGNORE INTO accounts (id, kind, label, username) VALUES (?, ?, ?, ?)",
            (REMOTE.id, REMOTE.kind.value, REMOTE.label, REMOTE.username),
        )
        yield database
    finally:
        database.close()


def plan(database: Database, old: Specification = OLD_SPEC, command: str = NEW) -> Operation:
    """Writes down a change of the command, as the dashboard does before its first call."""
    return Operations(database).begin(
        REMOTE,
        old.domain_name,
        OperationKind.CHANGE_COMMAND,
        OperationState.PLANNED,
        ACTOR,
        old=old,
        new=replace(old, command=command),
    )


@dataclass
class Deck:
    """What works on one database."""

    database: Database
    client: HostingClient
    clients: dict[str, HostingClient]
    changes: Changes
    known: KnownSites
    operations: Operations
    journal: Journal
    worker: OperationWorker
    log: JournalledCalls
    actions: SiteActions
    maker: SiteMaker
    aftermath: Aftermath
    # What the worker has told of the sites that its operations have left.
    begun: list[SiteAction | None]
    # The accounts whose list was to be read again soon.
    refreshed: list[str]

    async def site(self, domain: str = SHOP) -> Site | None:
        return await self.known.get(REMOTE.id, domain)

    def operation(self) -> Operation:
        """The newest one on the shop."""
        operation = self.operations.latest(REMOTE.id, SHOP)
        assert operation is not None
        return operation

    async def until_state(self, *states: OperationState) -> Operation:
        async def is_so() -> bool:
            return self.operation().state in states

        await until(is_so, f"{states}, not {self.operation()}")
        return self.operation()

    async def until_closed(self) -> Operation:
        async def is_so() -> bool:
            return not self.operation().state.is_open

        await until(is_so, f"the end of {self.operation()}")
        return self.operation()

    async def until_told(self, queue: "asyncio.Queue[Change]") -> list[Change]:
        """All changes up to the last one of an operation: that none is open any more."""
        seen = [await asyncio.wait_for(queue.get(), 10)]
        while seen[-1] != OperationsChanged(()):
            seen.append(await asyncio.wait_for(queue.get(), 10))
        return seen

    def results(self) -> list[tuple[str, str]]:
        """What people did, as the record has it, the oldest first."""
        entries = ActivityLog(self.database).page()
        done = [entry for entry in reversed(entries) if entry.actor != LOOKER]
        return [(entry.action, entry.result) for entry in done]


def deck_on(database: Database, address: str, pace: Pace = PACE) -> Deck:
    changes = Changes()
    known = KnownSites(Sites(database), changes)
    client = HostingClient.remote(
        REMOTE, address, lambda: TOKEN, governor=unhurried_governor(), deadlines=DEADLINES
    )
    operations = Operations(database)
    journal = Journal(operations, changes)
    clients = {REMOTE.id: client}

    refreshed: list[str] = []
    activity = ActivityLog(database)
    aftermath = Aftermath(known, changes, activity, None)
    actions_begun: list[SiteAction | None] = []

    async def begun(site: Site, actor: Actor, action: SiteAction | None) -> None:
        actions_begun.append(action)
        await aftermath.begun(site, actor, action)

    worker = OperationWorker(journal, clients, known, changes, refreshed.append, begun, pace)
    log = JournalledCalls(clients.__getitem__, activity, journal, worker.wake, pace)
    actions = SiteActions(log, known, refreshed.append, aftermath)
    maker = SiteMaker(log, known, refreshed.append, aftermath)
    return Deck(
        database,
        client,
        clients,
        changes,
        known,
        operations,
        journal,
        worker,
        log,
        actions,
        maker,
        aftermath,
        actions_begun,
        refreshed,
    )


@asynccontextmanager
async def working(database: Database, address: str, pace: Pace = PACE) -> AsyncIterator[Deck]:
    """The worker runs until the end of the block."""
    deck = deck_on(database, address, pace)
    try:
        async with running(deck.worker.run()):
            yield deck
    finally:
        await deck.aftermath.close()
        await deck.client.close()


def known_site(command: str = OLD, *, enabled: bool = True) -> Site:
    status = SiteStatus.RUNNING if enabled else SiteStatus.DISABLED
    url = f"https://{SHOP}"
    return Site(REMOTE.id, SHOP, command, enabled, status, url, datetime.now(UTC))
