"""What an open accounts page costs: the store is read when something was published."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from app.hosting.changes import Changes, ListChanged
from app.models import Account, AccountKind, Site
from app.routes import accountviews
from app.routes.services import Services
from app.store.accounts import Accounts
from app.store.database import Database
from app.store.sites import Sites
from tests.hosting.conftest import until

pytestmark = pytest.mark.anyio


class CountedSites(Sites):
    reads = 0

    def all(self) -> list[Site]:
        self.reads += 1
        return super().all()


class Service:
    """Of an account that is not connected; counts how often somebody asks."""

    def __init__(self) -> None:
        self.api_hosts: dict[str, str] = {}
        self.looks = 0

    def refresh_of(self, _: str) -> None:
        self.looks += 1

    def cpu_of(self, _: str) -> None:
        return None


async def test_the_store_is_read_again_only_when_something_has_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accountviews, "STEP_SECONDS", 0.001)
    accounts, sites, changes, service = (
        Accounts(database),
        CountedSites(database),
        Changes(),
        Service(),
    )
    accounts.add(Account("acme", AccountKind.PYTHONANYWHERE, "Acme", "alice", "lab"), "")
    services = SimpleNamespace(
        accounts=accounts, sites=sites, changes=changes, account_service=service
    )
    events: list[bytes] = []

    async def collect() -> None:
        async for event in accountviews.account_events(cast(Services, services)):
            events.append(event)

    async def looked_often() -> bool:
        return service.looks > 20

    async def told() -> bool:
        return any(event.startswith(b"event: accounts\n") for event in events)

    task = asyncio.create_task(collect())
    try:
        await until(looked_often)
        assert sites.reads == 1
        accounts.add(Account("more", AccountKind.PYTHONANYWHERE, "More", "bob", "lab"), "")
        changes.publish(ListChanged())
        await until(told)
        assert sites.reads == 2
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
