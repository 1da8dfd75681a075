"""What the journal tells open pages: the newest always last, whichever thread read it first."""

import asyncio
import threading

import pytest

from app.hosting.changes import Changes, OperationsChanged
from app.hosting.operations.journal import Journal
from app.models import Operation, OperationState
from app.store.database import Database
from app.store.operations import Operations
from tests.hosting.conftest import until
from tests.operations.kit import plan

pytestmark = pytest.mark.anyio


class SlowOnce(Operations):
    """The first list of what is open is read at once and comes back late."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.was_read = threading.Event()
        self.may_go_on = threading.Event()

    def open(self) -> list[Operation]:
        operations = super().open()
        if not self.was_read.is_set():
            self.was_read.set()
            assert self.may_go_on.wait(10)
        return operations


async def test_an_operation_that_has_ended_is_not_told_as_open_again(database: Database) -> None:
    store, changes = SlowOnce(database), Changes()
    journal = Journal(store, changes)
    operation = plan(database)

    async def is_read() -> bool:
        return store.was_read.is_set()

    with changes.subscribe() as queue:
        earlier = asyncio.create_task(journal.publish())
        await until(is_read, "the list is read")
        end = asyncio.create_task(journal.close(operation, OperationState.ABORTED, is_told=False))
        # It may be told already, or wait for its turn.
        await asyncio.wait([end], timeout=0.5)
        assert store.get(operation.id) != operation, "it is closed"
        store.may_go_on.set()
        await asyncio.gather(earlier, end)
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert told[-1] == OperationsChanged(())
