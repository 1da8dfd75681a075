"""A change of command that is interrupted from this side: by the database, or by its account."""

import asyncio

import pytest

from app.hosting.client import HostingClient
from app.models import OperationState
from app.store.database import Database
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.fakes.troubles import Stop
from tests.hosting.conftest import REMOTE, unhurried_governor, until
from tests.operations.kit import DEADLINES, NEW, SHOP, Deck, plan, working

pytestmark = pytest.mark.anyio


def client_of(fake: FakePythonAnywhere) -> HostingClient:
    return HostingClient.remote(
        REMOTE, fake.address, lambda: TOKEN, governor=unhurried_governor(), deadlines=DEADLINES
    )


def refuse_to_write(database: Database, state: OperationState) -> None:
    """Until the trigger `broken` is dropped."""
    database.execute(
        "CREATE TEMP TRIGGER broken BEFORE UPDATE ON operations"
        f" WHEN NEW.state = '{state.value}' BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END"
    )


async def until_noted(deck: Deck, words: str) -> None:
    async def is_noted() -> bool:
        return words in deck.operation().note

    await until(is_noted)


async def test_a_write_that_fails_does_not_take_the_operation_back(
    database: Database, fake: FakePythonAnywhere, caplog: pytest.LogCaptureFixture
) -> None:
    plan(database)
    refuse_to_write(database, OperationState.CREATING)

    async def has_failed() -> bool:
        return "An operation failed" in caplog.text

    async with working(database, fake.address) as deck:
        await until(has_failed)
        assert deck.operation().state is OperationState.DELETING
        database.execute("DROP TRIGGER broken")
        assert (await deck.until_closed()).state is OperationState.DONE
    assert fake.websites[SHOP]["webapp"]["command"] == NEW


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_account_that_is_removed_and_added_again_gets_its_site_back(
    database: Database, fake: FakePythonAnywhere, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan(database)
    held = fake.stops[f"create {moment}"] = Stop(is_dropped=moment == "before")
    async with working(database, fake.address) as deck:
        await asyncio.to_thread(held.reached.wait, 10)
        del deck.clients[REMOTE.id]
        await deck.client.close()
        held.go.set()
        await until_noted(deck, "not connected")
        assert deck.operation().state is OperationState.CREATING
        again = deck.clients[REMOTE.id] = client_of(fake)
        assert (await deck.until_closed()).state is OperationState.DONE
        await again.close()
    assert fake.websites[SHOP]["webapp"]["command"] == NEW
    assert "An operation failed" not in caplog.text
