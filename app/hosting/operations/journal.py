"""The journal as services use it: written off the event loop, every step told to the pages."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from anyio import to_thread

from app.hosting.changes import Announcement, Changes, OperationsChanged
from app.hosting.operations.outcomes import result_of, toast_of
from app.models import (
    Account,
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Specification,
)
from app.store.operations import Operations


class Journal:
    def __init__(self, store: Operations, changes: Changes) -> None:
        self._store = store
        self._changes = changes
        self._publishing = asyncio.Lock()

    async def begin(
        self,
        account: Account,
        domain_name: str,
        kind: OperationKind,
        actor: Actor,
        *,
        state: OperationState = OperationState.ASKED,
        old: Specification | None = None,
        new: Specification | None = None,
        due_in: float = 0.0,
    ) -> Operation:
        """Committed when this returns; the worker sees to it after `due_in` seconds.

        Raises SiteBusy.
        """
        before = await self.open_on(account.id, domain_name)
        operation = await to_thread.run_sync(
            lambda: self._store.begin(
                account,
                domain_name,
                kind,
                state,
                actor,
                old=old,
                new=new,
                due_in=timedelta(seconds=due_in),
            )
        )
        # What was open before has given way to this one, and is not shown any more.
        if operation.is_shown or before is not None:
            await self.publish()
        return operation

    async def save(self, operation: Operation) -> bool:
        """False if the operation has been closed meanwhile."""
        is_open = await to_thread.run_sync(self._store.save, operation)
        if operation.is_shown:
            await self.publish()
        return is_open

    async def postpone(
        self, operation_id: int, next_at: datetime | None, note: str | None = None
    ) -> None:
        """Leaves all but the time of the next look and, if there is a new one, the note."""
        if await to_thread.run_sync(self._store.postpone, operation_id, next_at, note):
            await self.publish()

    async def close(
        self, operation: Operation, state: OperationState, reason: str = "", *, is_told: bool
    ) -> Operation:
        """Ends it together with its entry in the record; `is_told` also shows a toast."""
        was_shown = operation.is_shown
        closed = replace(
            operation, state=state, reason=reason or operation.reason, note="", next_at=None
        )
        if await to_thread.run_sync(self._store.close, closed, result_of(closed)) and is_told:
            self._changes.publish(Announcement(closed.actor.session_id, toast_of(closed)))
        if was_shown:
            await self.publish()
        return closed

    async def look_soon(self, operation: Operation, note: str) -> Operation:
        """The answer of its one call was lost: from now on what came of it is looked for."""
        operation = replace(operation, note=note, next_at=datetime.now(UTC))
        await self.save(operation)
        return operation

    async def open(self) -> list[Operation]:
        return await to_thread.run_sync(self._store.open)

    async def open_on(self, account_id: str, domain_name: str) -> Operation | None:
        found = (each for each in await self.open() if each.key == (account_id, domain_name))
        return next(found, None)

    async def latest(self, account_id: str, domain_name: str) -> Operation | None:
        """The newest operation on the site, open or not."""
        return await to_thread.run_sync(self._store.latest, account_id, domain_name)

    async def get(self, operation_id: int) -> Operation | None:
        return await to_thread.run_sync(self._store.get, operation_id)

    async def move(self, operation: Operation, account_id: str) -> Operation:
        """Its account has this id now. Raises SiteBusy if that one changes the site already."""
        return await to_thread.run_sync(self._store.move, operation, account_id)

    async def make_due(self, operation_id: int) -> bool:
        return await to_thread.run_sync(self._store.make_due, operation_id)

    async def prepare(self, start: datetime) -> None:
        """Takes up what was left before the start of this process, and forgets what is old."""
        await to_thread.run_sync(self._store.delete_old)
        await to_thread.run_sync(self._store.make_due_from_before, start)

    async def publish(self) -> None:
        # One after the other: a list that was read earlier must not be told later.
        async with self._publishing:
            shown = tuple(each for each in await self.open() if each.is_shown)
            self._changes.publish(OperationsChanged(shown))
