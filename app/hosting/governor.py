"""Keeps the calls to one account inside what its API allows, people before polling.

PythonAnywhere allows 40 calls a minute for each endpoint and does not say what one endpoint is,
nor how it counts. So calls are counted by class, in a sliding minute, a little below the limit.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum

from app.errors import HostThrottled

PERIOD_SECONDS = 60.0
CALLS = 36
KEPT_FOR_PEOPLE = 6
PATIENCE_SECONDS = 10.0
"""How long a person's click waits for its turn."""
DEFAULT_PAUSE_SECONDS = 60.0
"""After a 429 that does not say how long: by then every earlier call has left the minute."""


class Endpoint(Enum):
    """Calls that may share one limit at the API."""

    WEBSITES = "websites"
    FILES = "files"


class Urgency(Enum):
    """Who waits for the answer."""

    PERSON = "person"
    POLLING = "polling"


class Budget:
    """The calls of one class. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._calls: deque[float] = deque()
        self._paused_until = 0.0

    def take(self, now: float, urgency: Urgency) -> float:
        """Counts a call and returns 0.0, or says how many seconds to wait before asking again."""
        while self._calls and now - self._calls[0] >= PERIOD_SECONDS:
            self._calls.popleft()
        allowed = CALLS - (KEPT_FOR_PEOPLE if urgency is Urgency.POLLING else 0)
        wait = self._paused_until - now
        if len(self._calls) >= allowed:
            # The call whose leaving brings the count below what is allowed.
            wait = max(wait, self._calls[len(self._calls) - allowed] + PERIOD_SECONDS - now)
        if wait > 0:
            return wait
        self._calls.append(now)
        return 0.0

    def pause(self, now: float, seconds: float) -> None:
        """Allows nothing for so long; a longer pause under way stays."""
        self._paused_until = max(self._paused_until, now + seconds)


class Governor:
    """The budgets of one account. `clock` and `sleep` are given by tests that have no minute."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._budgets = {endpoint: Budget() for endpoint in Endpoint}

    async def turn(self, endpoint: Endpoint, urgency: Urgency) -> None:
        """Returns when the call may be made.

        A person is told instead if that takes more than PATIENCE_SECONDS: HostThrottled.
        """
        started = self._clock()
        while wait := self._budgets[endpoint].take(self._clock(), urgency):
            waited = self._clock() - started
            if urgency is Urgency.PERSON and waited + wait > PATIENCE_SECONDS:
                raise HostThrottled(
                    "Sitedeck has to wait before it may call this account again. "
                    f"Try again in {wait:.0f} s.",
                    wait,
                )
            # Sums of times are rounded, and a wait rounded to nothing would never end.
            await self._sleep(max(wait, 0.01))

    def pause(self, endpoint: Endpoint, seconds: float | None) -> None:
        """Stops the calls of this class, as a 429 asked for."""
        pause = DEFAULT_PAUSE_SECONDS if seconds is None else seconds
        self._budgets[endpoint].pause(self._clock(), pause)
