"""Carries one operation on until it ends or has to wait: look, decide, write down, act."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf

from app.errors import (
    CallHeldBack,
    HostingError,
    HostThrottled,
    HostUnavailable,
    TokenRefused,
)
from app.hosting.api import HostingApi
from app.hosting.known import KnownSites
from app.hosting.operations import calls
from app.hosting.operations.calls import Found, Outcome, outcome_of
from app.hosting.operations.journal import Journal
from app.hosting.operations.rows import as_left, shown_in_work
from app.hosting.operations.steps import (
    SWITCHED_OFF,
    Close,
    Do,
    Enter,
    Pace,
    Seen,
    Situation,
    Step,
    Task,
    Wait,
    classify,
    domain_taken,
    next_step,
)
from app.models import (
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Site,
    SiteAction,
)

LAST_TRY = 5
"""Of the settings of a site that is there again: those but the switch can be made up for."""
ENDED = "Sitedeck ended before the answer came; looking at what came of it."

Begun = Callable[[Site, Actor, SiteAction | None], Awaitable[None]]
"""Told of a site that may be starting, of who is to hear of it, and whether it was enabled or
reloaded; None if it was to be reloaded, and was not."""


@dataclass(slots=True)
class Memory:
    """What one process knows of an operation.

    Times are seconds of the monotonic clock, but `deleted_at` is UTC. `is_unanswered` while it
    waits for a host that could not be asked.
    """

    started_at: float = field(default_factory=time.monotonic)
    called_at: float | None = None
    deleted_at: datetime | None = None
    waits: int = 0
    is_unanswered: bool = False


class Drive:
    """One run over one operation. Every change of its state is committed before the call."""

    def __init__(
        self,
        operation: Operation,
        client: HostingApi,
        journal: Journal,
        known: KnownSites,
        memory: Memory,
        pace: Pace,
        refresh_soon: Callable[[str], None],
        begun: Begun,
    ) -> None:
        self._operation = operation
        self._client = client
        self._journal = journal
        self._known = known
        self._memory = memory
        self._pace = pace
        self._refresh_soon = refresh_soon
        self._begun = begun

    async def run(self) -> None:
        """Returns when the operation is closed or its next step is due later."""
        if self._operation.state is OperationState.ASKED and not self._operation.note:
            self._operation = await self._journal.look_soon(self._operation, ENDED)
        while True:
            try:
                found = await self._look()
            except HostingError as error:
                await self._wait_after(error, "The host cannot be asked at the moment")
                return
            if self._memory.is_unanswered:
                self._memory.waits, self._memory.is_unanswered = 0, False
            step = next_step(self._operation, self._situation(found), self._pace)
            if await self._take(step, found):
                return

    async def _look(self) -> Found:
        """What is there. What would end the site's time here has to be seen twice."""
        domain, pause = self._operation.domain_name, self._pace.double_look
        return await calls.look_twice(self._client, domain, pause, self._doubt)

    def _doubt(self, found: Found) -> Seen | None:
        seen = self._seen(found)
        return seen if seen in (Seen.GONE, Seen.OTHER) else None

    def _seen(self, found: Found) -> Seen:
        return classify(self._operation, found[1] if found else None)

    async def _take(self, step: Step, found: Found) -> bool:
        """True if there is nothing more to do now."""
        match step:
            case Enter(state, reason):
                return not await self._enter(state, reason)
            case Do(task):
                return await self._do(task, found)
            case Wait(note, seconds):
                pause = self._next_wait() if seconds is None else seconds
                await self._wait(pause, note or self._operation.note)
            case Close(state, reason):
                await self._close(state, found, reason)
        return True

    def _situation(self, found: Found) -> Situation:
        now, called = time.monotonic(), self._memory.called_at
        return Situation(
            seen=self._seen(found),
            enabled=found is not None and found[1].enabled,
            since_call=inf if called is None else now - called,
            since_start=now - self._memory.started_at,
            in_state=self._in_state(),
        )

    def _in_state(self) -> float:
        return (datetime.now(UTC) - self._operation.entered_at).total_seconds()

    async def _enter(self, state: OperationState, reason: str = "") -> bool:
        """Commits the new state; False if the operation was closed meanwhile."""
        before, now = self._operation, datetime.now(UTC)
        entered = before.enter(state, now, reason)
        if state is OperationState.CREATING:
            # The site has been away since it was asked to go.
            since = self._memory.deleted_at or before.entered_at
            entered = replace(entered, without_since=since)
        if state is OperationState.FINISHING:
            # It goes as it was wanted, whatever was said before.
            entered = replace(_back(entered, now), reason="")
        is_open = await self._keep(entered)
        self._memory.waits, self._memory.called_at = 0, None
        return is_open

    async def _keep(self, operation: Operation) -> bool:
        self._operation = operation
        is_open = await self._journal.save(operation)
        if is_open:
            await shown_in_work(self._known, operation)
        return is_open

    async def _do(self, task: Task, found: Found) -> bool:
        """Makes the call; True if the operation waits or has ended."""
        now = datetime.now(UTC)
        operation = replace(self._operation, attempts=self._operation.attempts + 1, next_at=now)
        if task is Task.CREATE_OLD and operation.without_since is None:
            operation = replace(operation, without_since=now)
        if not await self._keep(operation):
            return True
        before, self._memory.called_at = self._memory.called_at, time.monotonic()
        try:
            lacks = await self._call(task, found)
        except HostingError as error:
            return await self._failed(task, error, before)
        self._memory.called_at = time.monotonic()
        self._memory.waits = 0
        if task in (Task.COMPLETE_NEW, Task.COMPLETE_OLD):
            is_new = task is Task.COMPLETE_NEW
            end = OperationState.DONE if is_new else OperationState.RESTORED
            await self._close(end, found, lacks)
            return True
        self._operation = replace(self._operation, note="")
        return False

    async def _call(self, task: Task, found: Found) -> str:
        """What the site lacks after it, in words; empty if nothing. Raises HostingError."""
        operation = self._operation
        is_old = task in (Task.CREATE_OLD, Task.COMPLETE_OLD, Task.DELETE)
        wanted = operation.old if is_old else operation.new
        assert wanted is not None
        if task is Task.SWITCH_ON:
            await self._client.set_enabled(operation.domain_name, True)
        elif task is Task.DELETE:
            self._memory.deleted_at = datetime.now(UTC)
            again = operation.attempts > 1
            await calls.delete(self._client, operation.domain_name, disable_first=again)
        elif task in (Task.CREATE_NEW, Task.CREATE_OLD):
            await calls.create(self._client, wanted)
        else:
            assert found is not None
            return await calls.complete(
                self._client,
                wanted,
                found,
                reloads=operation.kind is OperationKind.CHANGE_COMMAND,
                is_last_try=operation.attempts >= LAST_TRY,
            )
        return ""

    async def _failed(self, task: Task, error: HostingError, called_before: float | None) -> bool:
        """What an answer that is no success means; True if the operation waits now."""
        outcome = outcome_of(error)
        is_taken = outcome is Outcome.TAKEN and task in (Task.CREATE_NEW, Task.CREATE_OLD)
        # The switch may be set twice, so it is until an answer says that it is set.
        is_lost_switch = task is Task.SWITCH_ON and outcome is Outcome.UNCLEAR
        if outcome is Outcome.NOT_SENT or is_taken or is_lost_switch:
            self._memory.called_at = called_before
            if not await self._uncount(task):
                return True
            if is_taken:
                return await self._take(domain_taken(self._in_state(), self._pace), None)
            await self._wait_after(error, "The host did not take the call")
            return True
        # It may have had its effect at the last moment.
        self._memory.called_at = time.monotonic()
        if task is Task.DELETE and outcome is Outcome.MISSING:
            return False
        is_final = outcome in (Outcome.REFUSED, Outcome.MISSING)
        if is_final and self._gives_up(task):
            return not await self._enter(OperationState.RESTORING, f"The host refused: {error}")
        if is_final:
            await self._wait(self._next_wait(), f"The host refused: {error}")
            return True
        self._operation = replace(
            self._operation, note=f"The answer was lost ({error}) Looking at what came of it."
        )
        return False

    async def _uncount(self, task: Task) -> bool:
        """What was not done says nothing against trying again; False if it was closed meanwhile.

        The settings are several calls, and the others may have been made. So may the one that
        switches a site off before it is deleted again, which is not forgotten.
        """
        if task in (Task.COMPLETE_NEW, Task.COMPLETE_OLD):
            return True
        is_again = task is Task.DELETE and self._operation.attempts > 1
        attempts = max(self._operation.attempts - 1, 2 if is_again else 0)
        return await self._keep(replace(self._operation, attempts=attempts))

    def _gives_up(self, task: Task) -> bool:
        if task is Task.DELETE:
            return self._operation.state is OperationState.DELETING
        return task is Task.CREATE_NEW

    async def _wait_after(self, error: HostingError, what: str) -> None:
        if isinstance(error, TokenRefused):
            note = f"{error} This waits until the token is replaced or somebody tries again."
            await self._journal.postpone(self._operation.id, None, note)
            return
        seconds = self._next_wait()
        self._memory.is_unanswered = isinstance(error, HostUnavailable | CallHeldBack)
        if self._memory.is_unanswered:
            seconds = min(seconds, self._pace.unanswered)
        if isinstance(error, HostThrottled) and error.retry_seconds is not None:
            seconds = max(seconds, error.retry_seconds)
        await self._wait(seconds, f"{what}: {error}")

    async def _wait(self, seconds: float, note: str) -> None:
        later = datetime.now(UTC) + timedelta(seconds=seconds)
        await self._journal.postpone(self._operation.id, later, note)

    def _next_wait(self) -> float:
        """Longer with every look that has changed nothing: looks cost calls."""
        self._memory.waits += 1
        return min(self._pace.look_again * 1.6 ** (self._memory.waits - 1), self._pace.longest)

    async def _close(self, state: OperationState, found: Found, reason: str = "") -> None:
        operation = self._operation
        if state is OperationState.RESTORED:
            operation = _back(operation, datetime.now(UTC))
        self._known.end_work(*operation.key)
        if found is not None:
            was_on = operation.old is not None and operation.old.enabled
            if state is OperationState.ABORTED and was_on and not found[1].enabled:
                reason = f"{reason} {SWITCHED_OFF}"
            left = as_left(found[0], operation, state)
            await self._known.save(left)
            await self._follow_up(left, state)
        elif operation.kind is OperationKind.DELETE:
            await self._known.forget(*operation.key)
        elif (site := await self._known.get(*operation.key)) is not None:
            # It is offered to be recreated at once, not after some more lists.
            await self._known.save(replace(site, is_gone=True))
        # Why it did not go as it was wanted stays the first thing to be said.
        reasons = " ".join(filter(None, (operation.reason, reason)))
        await self._journal.close(operation, state, reasons, is_told=True)
        self._refresh_soon(operation.account_id)

    async def _follow_up(self, left: Site, state: OperationState) -> None:
        """Of what was given up only a reload is waited for."""
        kind, actor = self._operation.kind, self._operation.actor
        is_reload = kind is OperationKind.RELOAD
        if state not in (OperationState.DONE, OperationState.RESTORED):
            if is_reload:
                await self._begun(left, actor, None)
        elif kind not in (OperationKind.DELETE, OperationKind.DISABLE):
            action = SiteAction.RELOAD if is_reload else SiteAction.ENABLE
            await self._begun(left, actor, action)


def _back(operation: Operation, now: datetime) -> Operation:
    """The site is there again: how long it was not is known."""
    since = operation.without_since
    if since is None or operation.without_seconds is not None:
        return operation
    return replace(operation, without_seconds=(now - since).total_seconds())
