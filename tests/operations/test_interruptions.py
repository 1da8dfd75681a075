"""A change of command that is interrupted from this side: by the database, or by its account."""

import asyncio

import pytest

from app.hosting.changes import AccountChanged, AccountSeen
from app.hosting.client import HostingClient
from app.models import OperationState, Site
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


async def test_an_account_that_was_added_again_under_another_name_is_found_by_its_login(
    database: Database, fake: FakePythonAnywhere
) -> None:
    operation = plan(database)
    database.execute("UPDATE operations SET account_id = 'removed', next_at = NULL")
    async with working(database, fake.address) as deck:

        async def is_found() -> bool:
            deck.changes.publish(AccountSeen(REMOTE.id, operation.created_at))
            return deck.operations.latest(REMOTE.id, SHOP) is not None

        await until(is_found)
        assert (await deck.until_closed()).state is OperationState.DONE
        assert deck.operation().id == operation.id
        site = await deck.site()
    assert site is not None and site.command == NEW


async def test_an_operation_waits_for_the_one_that_its_account_has_begun_since(
    database: Database, fake: FakePythonAnywhere
) -> None:
    first = plan(database)
    database.execute("UPDATE operations SET account_id = 'removed'")
    second = plan(database, command="/home/alice/newer")
    database.execute("UPDATE operations SET next_at = NULL WHERE id = ?", (second.id,))
    async with working(database, fake.address) as deck:

        async def is_said() -> bool:
            kept = deck.operations.get(first.id)
            return kept is not None and "still being changed" in kept.note

        await until(is_said)
        assert fake.called("delete") == 0


async def test_stopped_between_a_step_and_its_showing_the_row_follows_the_list_again(
    database: Database, fake: FakePythonAnywhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(database, fake.address) as deck:
        show = deck.known.show_in_work

        async def stopped_before_it_shows(site: Site) -> None:
            if deck.operation().state is OperationState.DELETING:
                await deck.worker.stop(deck.operation().id, "eve")
            await show(site)

        # The gap is a few microseconds; no switch of the fake can be in it.
        monkeypatch.setattr(deck.known, "show_in_work", stopped_before_it_shows)
        plan(database)
        deck.worker.wake()
        await deck.until_closed()
        fake.websites[SHOP]["webapp"]["command"] = "/home/alice/other"

        async def follows_the_list() -> bool:
            await deck.known.save_list(REMOTE.id, await deck.client.list_sites())
            site = await deck.site()
            return site is not None and site.command == "/home/alice/other"

        await until(follows_the_list)


async def test_an_error_while_listening_does_not_end_the_listening(
    database: Database, fake: FakePythonAnywhere, caplog: pytest.LogCaptureFixture
) -> None:
    plan(database)
    database.execute("UPDATE operations SET next_at = NULL")
    refuse_to_write(database, OperationState.PLANNED)

    async with working(database, fake.address) as deck:

        async def has_failed() -> bool:
            deck.changes.publish(AccountChanged(REMOTE.id))
            return "Taking up operations failed" in caplog.text

        await until(has_failed)
        database.execute("DROP TRIGGER broken")
        deck.changes.publish(AccountChanged(REMOTE.id))
        assert (await deck.until_closed()).state is OperationState.DONE
