"""The journal of operations: one open on a site, kept apart from accounts, old ones forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import SiteBusy
from app.models import Account, AccountKind, Operation, OperationKind, OperationState
from app.store.accounts import Accounts
from app.store.activity import ActivityLog
from app.store.database import Database
from app.store.operations import Operations
from app.store.sites import Sites
from tests.operations.kit import ACTOR, NEW, OLD_SPEC, SHOP, known_site

ACCOUNT = Account("pa1", AccountKind.PYTHONANYWHERE, "My account", "alice", "us")
DAY = 24 * 3600.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "sitedeck.db")
    Accounts(database).add(ACCOUNT, "sealed")
    yield database
    database.close()


@pytest.fixture
def operations(database: Database) -> Operations:
    return Operations(database)


def begin(operations: Operations, kind: OperationKind = OperationKind.DELETE) -> Operation:
    new = replace(OLD_SPEC, command=NEW)
    state = OperationState.ASKED
    return operations.begin(ACCOUNT, SHOP, kind, state, ACTOR, old=OLD_SPEC, new=new)


def close(operations: Operations, operation: Operation) -> None:
    closed = operation.enter(OperationState.DONE, operation.updated_at)
    assert operations.close(closed, "done")


def test_an_operation_comes_back_as_it_was_written(operations: Operations) -> None:
    operation = begin(operations)
    assert operations.get(operation.id) == operation
    assert operations.open() == [operation]
    assert operation.old == OLD_SPEC
    assert operation.login == "alice@us"


def test_a_second_one_on_the_site_is_refused(operations: Operations) -> None:
    first = begin(operations)
    with pytest.raises(SiteBusy, match=SHOP):
        begin(operations, OperationKind.CREATE)
    assert operations.open() == [first]
    close(operations, first)
    begin(operations, OperationKind.CREATE)


@pytest.mark.parametrize("kind", [OperationKind.ENABLE, OperationKind.DISABLE])
def test_a_switch_gives_way_to_what_comes_after_it(
    operations: Operations, kind: OperationKind
) -> None:
    first = begin(operations, kind)
    second = begin(operations)
    assert operations.open() == [second]
    replaced = operations.get(first.id)
    assert replaced is not None and replaced.state is OperationState.FAILED


def test_what_is_closed_stays_closed(operations: Operations) -> None:
    operation = begin(operations)
    close(operations, operation)
    assert not operations.save(replace(operation, note="late"))
    assert not operations.close(operation.enter(OperationState.FAILED, operation.updated_at), "x")
    kept = operations.get(operation.id)
    assert kept is not None and (kept.state, kept.note) == (OperationState.DONE, "")


def test_the_end_and_its_entry_in_the_record_are_one(
    database: Database, operations: Operations
) -> None:
    close(operations, begin(operations))
    [entry] = ActivityLog(database).page()
    assert (entry.actor, entry.action, entry.target) == ("admin", "delete", f"pa1/{SHOP}")
    assert entry.operation_id == 1


def test_the_changes_of_a_command_are_found_by_their_entries(operations: Operations) -> None:
    change = begin(operations, OperationKind.CHANGE_COMMAND)
    close(operations, change)
    deletion = begin(operations)
    found = operations.changes_among([change.id, deletion.id, 99])
    assert {number: each.new for number, each in found.items()} == {change.id: change.new}
    assert operations.changes_among([]) == {}


def end(operations: Operations, kind: OperationKind, state: OperationState) -> None:
    operation = begin(operations, kind)
    assert operations.close(operation.enter(state, operation.updated_at), state.value)


def test_a_stopped_change_is_kept_in_sight_until_another_one_is_done(
    operations: Operations,
) -> None:
    key = (ACCOUNT.id, SHOP)
    end(operations, OperationKind.CHANGE_COMMAND, OperationState.ABORTED)
    stopped = operations.stopped_change(*key)
    assert stopped is not None
    for kind, state in (
        (OperationKind.DISABLE, OperationState.DONE),
        (OperationKind.RELOAD, OperationState.DONE),
        (OperationKind.CHANGE_COMMAND, OperationState.RESTORED),
        (OperationKind.CREATE, OperationState.FAILED),
    ):
        end(operations, kind, state)
        assert operations.stopped_change(*key) == stopped, (kind, state)
    still_open = begin(operations, OperationKind.CHANGE_COMMAND)
    assert operations.stopped_change(*key) == stopped
    close(operations, still_open)
    assert operations.stopped_change(*key) is None


@pytest.mark.parametrize("kind", [OperationKind.CREATE, OperationKind.DELETE])
def test_a_site_made_or_deleted_since_has_no_stopped_change(
    operations: Operations, kind: OperationKind
) -> None:
    end(operations, OperationKind.CHANGE_COMMAND, OperationState.ABORTED)
    end(operations, kind, OperationState.DONE)
    assert operations.stopped_change(ACCOUNT.id, SHOP) is None


def test_it_outlives_its_account(database: Database, operations: Operations) -> None:
    operation = begin(operations)
    Accounts(database).remove(ACCOUNT.id)
    assert operations.open() == [operation]


def test_after_a_start_all_is_due_but_what_waits_for_a_person(operations: Operations) -> None:
    operation = begin(operations)
    operations.save(replace(operation, next_at=None))
    operations.make_due_from_before(datetime.now(UTC))
    [waiting] = operations.open()
    assert waiting.next_at is None
    assert operations.make_due(operation.id)
    assert operations.open()[0].next_at is not None


def test_what_began_after_the_start_is_left_to_who_waits_for_its_answer(
    operations: Operations,
) -> None:
    start = datetime.now(UTC)
    state = OperationState.ASKED
    later = timedelta(seconds=90)
    operation = operations.begin(
        ACCOUNT, SHOP, OperationKind.DELETE, state, ACTOR, old=OLD_SPEC, due_in=later
    )
    operations.make_due_from_before(start)
    assert operations.open() == [operation]
    operations.make_due_from_before(datetime.now(UTC))
    due = operations.open()[0].next_at
    assert due is not None and due <= datetime.now(UTC)


def test_a_deleted_site_can_be_made_again_for_thirty_days(
    database: Database, operations: Operations
) -> None:
    operation = begin(operations)
    assert operations.recreatable() == {}, "it is still being deleted"
    close(operations, operation)
    assert operations.recreatable().keys() == {("pa1", SHOP)}
    database.execute("UPDATE operations SET updated_at = updated_at - ?", (29 * DAY,))
    assert operations.recreatable()
    database.execute("UPDATE operations SET updated_at = updated_at - ?", (2 * DAY,))
    assert operations.recreatable() == {}


def test_a_site_that_is_there_or_of_another_account_cannot_be_made_again(
    database: Database, operations: Operations
) -> None:
    close(operations, begin(operations))
    Sites(database).save(known_site())
    assert operations.recreatable() == {}
    Sites(database).save(replace(known_site(), is_gone=True))
    assert operations.recreatable()
    Sites(database).delete("pa1", SHOP)
    assert operations.recreatable()
    database.execute("UPDATE accounts SET username = 'bob'")
    assert operations.recreatable() == {}


def test_old_ones_are_forgotten_but_never_open_ones(
    database: Database, operations: Operations
) -> None:
    close(operations, begin(operations))
    still_open = begin(operations)
    database.execute("UPDATE operations SET updated_at = updated_at - ?", (401 * DAY,))
    assert operations.delete_old() == 1
    assert [operation.id for operation in operations.open()] == [still_open.id]
