"""Sees open operations through: at the start of the dashboard, every few seconds, when woken."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.errors import SiteBusy
from app.hosting.changes import AccountChanged, AccountSeen, Changes
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.hosting.operations.drive import Begun, Drive, Memory
from app.hosting.operations.journal import Journal
from app.hosting.operations.rows import shown_in_work
from app.hosting.operations.steps import Pace
from app.hosting.operations.unhurried import UnhurriedApi
from app.models import Operation, OperationState
from app.store.operations import login_of

INTERVAL_SECONDS = 5.0
_NO_ACCOUNT = "Its account is not connected. Add it again, and this goes on by itself."

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """One operation under way in this process."""

    memory: Memory = field(default_factory=Memory)
    task: "asyncio.Task[None] | None" = None


class OperationWorker:
    """To be used on the event loop. `clients` changes as accounts come and go."""

    def __init__(
        self,
        journal: Journal,
        clients: Mapping[str, HostingClient],
        known: KnownSites,
        changes: Changes,
        refresh_soon: Callable[[str], None],
        begun: Begun,
        pace: Pace | None = None,
    ) -> None:
        self._journal = journal
        self._clients = clients
        self._known = known
        self._changes = changes
        self._refresh_soon = refresh_soon
        self._begun = begun
        self._pace = pace or Pace()
        # A call that somebody waits for in this process is not to be settled beside it.
        self._start = datetime.now(UTC)
        self._wake = asyncio.Event()
        self._work: dict[int, Work] = {}

    async def run(self) -> None:
        """Runs until cancelled."""
        await self._journal.prepare(self._start)
        for operation in await self._journal.open():
            # The sites of an account that was removed are not shown at all.
            if operation.account_id in self._clients:
                await shown_in_work(self._known, operation)
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                pause = INTERVAL_SECONDS
                try:
                    pause = await self._begin_due()
                except Exception:
                    # A locked database or a full disk passes.
                    _log.exception("Looking after operations failed; trying again.")
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            tasks = [work.task for work in self._work.values() if work.task is not None]
            for task in [listening, *tasks]:
                task.cancel()
            await asyncio.gather(listening, *tasks, return_exceptions=True)

    def wake(self) -> None:
        """There is something to do now."""
        self._wake.set()

    async def retry(self, operation_id: int) -> bool:
        """A person does not want to wait. False if there is no such open operation."""
        work = self._work.get(operation_id)
        if work is not None:
            work.memory.called_at = None
        operation = await self._journal.get(operation_id)
        client = self._client_of(operation) if operation and operation.state.is_open else None
        if client is not None:
            # A refused token is sent again because a person says so, and for nothing else.
            client.resume()
        is_open = await self._journal.make_due(operation_id)
        self.wake()
        return is_open

    async def stop(self, operation_id: int, by: str) -> Operation | None:
        """A person takes over: nothing more is done. None if there is no such open operation.

        `by` is the person's name.
        """
        operation = await self._journal.get(operation_id)
        if operation is None or not operation.state.is_open:
            return None
        words = f"Stopped by {by}."
        if operation.is_away:
            words += " The site is deleted at the moment; recreate it on its page."
        elif operation.may_have_switched_off:
            words += " If the site is there, it may be switched off now."
        aborted = OperationState.ABORTED
        closed = await self._journal.close(operation, aborted, words, is_told=False)
        self._known.end_work(*operation.key)
        if operation.is_away:
            await self._known.mark_gone(operation.key)
        self._refresh_soon(operation.account_id)
        return closed

    async def _begin_due(self) -> float:
        """Starts what is due and returns the seconds until something else is."""
        pause = INTERVAL_SECONDS
        operations = await self._journal.open()
        for gone in self._work.keys() - {operation.id for operation in operations}:
            if self._work[gone].task is None:
                del self._work[gone]
        now = datetime.now(UTC)
        for operation in operations:
            if operation.next_at is None:
                continue
            seconds = (operation.next_at - now).total_seconds()
            if seconds > 0:
                pause = min(pause, seconds)
                continue
            work = self._work.setdefault(operation.id, Work())
            if work.task is None:
                work.task = asyncio.create_task(self._see_to(operation, work))
        return pause

    async def _see_to(self, operation: Operation, work: Work) -> None:
        try:
            client = self._client_of(operation)
            if client is None:
                await self._wait_for_account(operation)
                return
            operation = await self._follow_account(operation, client.account.id)
            drive = Drive(
                operation,
                UnhurriedApi(client),
                self._journal,
                self._known,
                work.memory,
                self._pace,
                self._refresh_soon,
                self._begun,
            )
            await drive.run()
            await self._end_if_stopped(operation)
        except SiteBusy as error:
            await self._journal.postpone(operation.id, self._later(), str(error))
        except Exception:
            _log.exception("An operation failed; it is taken up again.")
            with suppress(Exception):
                await self._journal.postpone(operation.id, self._later())
        finally:
            work.task = None
            self._wake.set()

    def _client_of(self, operation: Operation) -> HostingClient | None:
        """Of the account by its login, as it may have been added again under another name."""
        same = [each for each in self._clients.values() if _is_of(operation, each)]
        return next(
            (each for each in same if each.account.id == operation.account_id),
            same[0] if same else None,
        )

    async def _follow_account(self, operation: Operation, account_id: str) -> Operation:
        if account_id == operation.account_id:
            return operation
        moved = await self._journal.move(operation, account_id)
        self._known.end_work(*operation.key)
        await shown_in_work(self._known, moved)
        return moved

    async def _end_if_stopped(self, operation: Operation) -> None:
        """A person may have stopped it between a step and its showing."""
        if await self._journal.open_on(*operation.key) is None:
            self._known.end_work(*operation.key)
            self._refresh_soon(operation.account_id)

    async def _wait_for_account(self, operation: Operation) -> None:
        await self._journal.postpone(operation.id, self._later(), _NO_ACCOUNT)

    def _later(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._pace.longest)

    async def _listen(self) -> None:
        """An account that is heard of again may take what waits for it, or for a person."""
        with self._changes.subscribe() as queue:
            while True:
                change = await queue.get()
                if not isinstance(change, AccountChanged | AccountSeen):
                    continue
                try:
                    await self._take_up(change.account_id)
                except Exception:
                    _log.exception("Taking up operations failed; the next change tries again.")

    async def _take_up(self, account_id: str) -> None:
        client = self._clients.get(account_id)
        if client is None:
            return
        for operation in await self._journal.open():
            work = self._work.get(operation.id)
            is_unanswered = work is not None and work.memory.is_unanswered
            if (is_unanswered or operation.next_at is None) and _is_of(operation, client):
                await self._journal.make_due(operation.id)
                self.wake()


def _is_of(operation: Operation, client: HostingClient) -> bool:
    return login_of(client.account) == operation.login
