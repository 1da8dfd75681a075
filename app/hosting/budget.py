"""How many calls of one class an API gets in a minute, and how many of them are kept for people.

PythonAnywhere allows 40 calls a minute for each endpoint and does not say what one endpoint is,
nor how it counts. So calls are counted by class, in a sliding minute, a little below the limit.
"""

from collections import deque
from enum import IntEnum

PERIOD_SECONDS = 60.0
LIMIT = 40
CALLS = 36
KEPT_FOR_PEOPLE = 6
# Sums of times are rounded, and a wait rounded to nothing would never end.
SHORTEST_SECONDS = 0.01


class Urgency(IntEnum):
    """Who waits for the answer, whoever goes first before the others.

    WORK is what was written down and is seen through in the background: people have clicked on
    it, but do not wait for its calls.
    """

    PERSON = 0
    WORK = 1
    POLLING = 2


class Budget:
    """The calls of one class. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._calls: deque[float] = deque()

    def used(self, now: float) -> int:
        """How many calls the last minute holds."""
        self._forget(now)
        return len(self._calls)

    def left(self, now: float, urgency: Urgency) -> int:
        """How many calls may be made at once; below 0 if people have used those kept for them."""
        allowed = CALLS - (0 if urgency is Urgency.PERSON else KEPT_FOR_PEOPLE)
        return allowed - self.used(now)

    def wait(self, now: float, urgency: Urgency, ahead: int = 0) -> float:
        """Seconds until a call may be made when `ahead` others go first; 0.0 for at once."""
        must_leave = ahead + 1 - self.left(now, urgency)
        if must_leave <= 0:
            return 0.0
        if not self._calls:
            return PERIOD_SECONDS
        last = self._calls[min(must_leave, len(self._calls)) - 1]
        return max(last + PERIOD_SECONDS - now, SHORTEST_SECONDS)

    def count(self, now: float) -> None:
        """A call is made now."""
        self._calls.append(now)

    def _forget(self, now: float) -> None:
        while self._calls and now - self._calls[0] >= PERIOD_SECONDS:
            self._calls.popleft()
