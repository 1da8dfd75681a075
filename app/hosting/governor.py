"""Keeps the calls to one account inside what its API allows and can bear, people before others."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum

from app.errors import (
    AnswerTooLarge,
    CallHeldBack,
    HostingError,
    HostThrottled,
    HostUnavailable,
)
from app.hosting.breaker import Breaker
from app.hosting.budget import LIMIT, PERIOD_SECONDS, SHORTEST_SECONDS, Budget, Urgency
from app.hosting.pause import Pause
from app.models import CallBudget, counted

PATIENCE_SECONDS = 10.0
"""How long a person's click, or a step of an operation, waits for its turn."""
WORK_AT_ONCE = 2
POLLS_AT_ONCE = 3
"""With a slow API more of them would take up every connection, and a click would wait for one."""
_AT_ONCE = {Urgency.WORK: WORK_AT_ONCE, Urgency.POLLING: POLLS_AT_ONCE}
RECHECK_SECONDS = 0.5
"""How soon those who wait learn that somebody before them has gone, or that a pause is over."""


class Endpoint(Enum):
    """Calls that share one limit at the API, as far as is known; the value is for people."""

    WEBSITES = "Websites"
    FILES = "Files and logs"
    CERTIFICATES = "Certificates"
    CPU = "CPU usage"


class _Lane:
    """The calls of one class, those that are made and those that wait."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.pause = Pause()
        self.breaker = Breaker()
        # In order of arrival; each waiter is an object of its own.
        self.waiting: dict[Urgency, list[object]] = {urgency: [] for urgency in Urgency}

    def wait(self, now: float, waiter: object, urgency: Urgency) -> float:
        """Seconds until this waiter may call, 0.0 for now. Raises CallHeldBack.

        All but people are turned away while the breaker holds them back. These wait for the probe.
        """
        held = self.breaker.held_seconds(now, urgency)
        if held and urgency is not Urgency.PERSON:
            # What is wrong is the same as before, so it is said in the same words.
            raise CallHeldBack(self.breaker.problem, held)
        before = sum(len(self.waiting[other]) for other in Urgency if other < urgency)
        ahead = before + self.waiting[urgency].index(waiter)
        wait = max(held, self.pause.left(now), self.budget.wait(now, urgency, ahead))
        return max(wait, SHORTEST_SECONDS) if ahead else wait

    def held(self, now: float) -> str:
        """Why nothing goes out, in words for people; empty if nothing is held."""
        failed = f"{counted(self.breaker.failures, 'call')} failed in a row"
        if self.breaker.is_probing(now):
            return f"{failed}; trying again now."
        if self.breaker.is_open:
            seconds = math.ceil(self.breaker.left(now))
            return f"{failed}; next try in {seconds} s."
        if left := self.pause.left(now):
            asked = self.pause.asked_seconds
            said = "said that there were too many calls"
            words = said if asked is None else f"asked to wait {math.ceil(asked)} s"
            return f"PythonAnywhere {words}; {math.ceil(left)} s are left."
        if any(self.waiting.values()):
            seconds = math.ceil(self.budget.wait(now, self._next_urgency))
            return f"The calls of this minute are used up; next one in {seconds} s."
        return ""

    def state(self, now: float, name: str) -> CallBudget:
        return CallBudget(
            name,
            self.budget.used(now),
            LIMIT,
            len(self.waiting[Urgency.PERSON]),
            len(self.waiting[Urgency.WORK]) + len(self.waiting[Urgency.POLLING]),
            self.held(now),
        )

    @property
    def _next_urgency(self) -> Urgency:
        return min(urgency for urgency, waiters in self.waiting.items() if waiters)


class Governor:
    """Gives the calls of one account their turn. `clock` and `sleep` are given by tests."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lanes = {endpoint: _Lane() for endpoint in Endpoint}
        self._out = dict.fromkeys(Urgency, 0)

    def state(self) -> list[CallBudget]:
        """What each class has used, and what waits and why."""
        now = self._clock()
        return [lane.state(now, endpoint.value) for endpoint, lane in self._lanes.items()]

    def check_room(self, endpoint: Endpoint, calls: int) -> None:
        """Raises CallHeldBack, which says why, unless so many steps of an operation can be made."""
        lane, now = self._lanes[endpoint], self._clock()
        if lane.breaker.is_open:
            words = f"The host does not answer at the moment. {lane.breaker.problem}"
            raise CallHeldBack(words, lane.breaker.left(now))
        if seconds := lane.pause.left(now):
            raise CallHeldBack(
                "The host said that there were too many calls. "
                f"Try again in {math.ceil(seconds)} s.",
                seconds,
            )
        left = max(lane.budget.left(now, Urgency.WORK), 0)
        if left < calls:
            raise CallHeldBack(
                f"This account takes only {counted(left, 'more call')} in this minute, and this "
                f"may take {calls}. Try again in a minute.",
                PERIOD_SECONDS,
            )

    @asynccontextmanager
    async def turn(self, endpoint: Endpoint, urgency: Urgency) -> AsyncIterator[None]:
        """The call is made inside the block, which is entered when it may be.

        Learns from the HostingError that leaves the block how the host is. Raises CallHeldBack
        instead of entering: while the host does not answer to all but people, and to all but
        polling if the turn takes more than PATIENCE_SECONDS to come.
        """
        lane = self._lanes[endpoint]
        is_probe = await self._enter(lane, urgency)
        self._out[urgency] += 1
        has_ended = False
        try:
            try:
                yield
            except HostingError as error:
                has_ended = True
                self._learn(lane, error, is_probe)
                raise
            has_ended = True
            self._answered(lane)
        finally:
            self._out[urgency] -= 1
            if not has_ended:
                lane.breaker.given_up(is_probe=is_probe)

    async def _enter(self, lane: _Lane, urgency: Urgency) -> bool:
        """Waits for the turn and counts the call; whether it is the breaker's probe."""
        waiter = object()
        lane.waiting[urgency].append(waiter)
        started = self._clock()
        try:
            while wait := self._wait(lane, waiter, urgency):
                waited = self._clock() - started
                if urgency is not Urgency.POLLING and waited + wait > PATIENCE_SECONDS:
                    raise CallHeldBack(
                        "Sitedeck has to wait before it may call this account again. "
                        f"Try again in {math.ceil(wait)} s.",
                        wait,
                    )
                await self._sleep(min(wait, RECHECK_SECONDS))
            now = self._clock()
            lane.budget.count(now)
            return lane.breaker.begin(now)
        finally:
            lane.waiting[urgency].remove(waiter)

    def _wait(self, lane: _Lane, waiter: object, urgency: Urgency) -> float:
        wait = lane.wait(self._clock(), waiter, urgency)
        if not wait and self._out[urgency] >= _AT_ONCE.get(urgency, math.inf):
            return RECHECK_SECONDS
        return wait

    def _learn(self, lane: _Lane, error: HostingError, is_probe: bool) -> None:
        if isinstance(error, HostUnavailable) and not isinstance(error, AnswerTooLarge):
            lane.breaker.failed(self._clock(), str(error), is_probe=is_probe)
            return
        self._answered(lane)
        if isinstance(error, HostThrottled):
            lane.pause.begin(self._clock(), error.retry_seconds)

    def _answered(self, lane: _Lane) -> None:
        lane.breaker.answered()
        lane.pause.answered(self._clock())
