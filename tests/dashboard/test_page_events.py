"""What the stream of an open page draws."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from app.hosting.changes import Changes, ListChanged, SiteChanged
from app.models import Account, AccountKind, Role, Site, SiteStatus
from app.routes.events import PageView
from app.routes.services import Services
from app.store.accounts import Accounts
from app.store.database import Database
from app.store.operations import Operations
from components.siterow import row_id
from tests.support import one, parse

pytestmark = pytest.mark.anyio

SITE = Site(
    "acme",
    "shop.example.org",
    "/home/alice/serve",
    enabled=True,
    status=SiteStatus.RUNNING,
    url="https://shop.example.org/",
    seen_at=datetime.now(UTC),
)


class Service:
    """Of accounts that are not connected."""

    def refresh_of(self, _: str) -> None:
        return None


async def test_rows_say_the_name_of_an_account_that_came_while_the_page_was_open(
    database: Database,
) -> None:
    accounts, changes = Accounts(database), Changes()
    services = SimpleNamespace(
        accounts=accounts,
        changes=changes,
        account_service=Service(),
        operations=Operations(database),
        local_host=None,
    )
    view = PageView("sites", "session", Role.ADMIN)
    events = view.events(cast(Services, services), str(changes.sequence))
    await anext(events)  # it listens
    accounts.add(Account("acme", AccountKind.PYTHONANYWHERE, "Acme", "alice", "lab"), "")
    changes.publish(ListChanged())
    changes.publish(SiteChanged(SITE))
    drawn = ""
    async with asyncio.timeout(30):
        while row_id(SITE) not in drawn:
            drawn = (await anext(events)).decode()
    await events.aclose()
    row = parse(drawn.replace("data: ", ""))
    assert one(row, ".meta span").get_text() == "Acme"
