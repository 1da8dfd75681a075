"""When a site that died is started again: at once, then later and later."""

import math
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
JITTER = 0.1
STABLE_SECONDS = 60.0
"""A run this long clears the past."""
LOOP_EXITS = 5
LOOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Start again after `delay` seconds; `is_loop` if the site keeps crashing."""

    delay: float
    is_loop: bool


class RestartPolicy:
    """The recent exits of one site. `clock` counts seconds, `spread` draws between two bounds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._spread = spread
        self._failures = 0
        self._exits: deque[float] = deque(maxlen=LOOP_EXITS)

    def reset(self) -> None:
        """Forget the past: somebody changed or reloaded the site."""
        self._failures = 0
        self._exits.clear()

    def note_exit(self, uptime: float) -> Retry:
        """A run of `uptime` seconds has ended by itself."""
        if uptime >= STABLE_SECONDS:
            self.reset()
        self._failures += 1
        self._exits.append(self._clock())
        is_loop = len(self._exits) == LOOP_EXITS and (
            self._exits[-1] - self._exits[0] <= LOOP_SECONDS
        )
        return Retry(LONGEST_DELAY if is_loop else self._delay(), is_loop)

    def _delay(self) -> float:
        if self._failures == 1:
            return 0.0
        # The exponent is bounded: a site may fail for years.
        delay = math.ldexp(FIRST_DELAY, min(self._failures - 2, 10))
        return min(LONGEST_DELAY, delay * self._spread(1 - JITTER, 1 + JITTER))
