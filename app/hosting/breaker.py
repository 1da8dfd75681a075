"""Leaves an API alone that fails, and finds out when it is back.

Open, it lets one call at a time through as a probe. It opens for a few seconds only, because an
API that is back is to be in use again within half a minute: a probe that was caught by the failure
may take its whole 20 s to end, and the next one goes out 5 s later. A call in 5 s is no burden. A
change that a person waits for may take a minute, so no probe holds up the next one longer than a
read can take.
"""

from app.hosting.budget import Urgency

FAILURES = 5
FIRST_SECONDS = 2.0
MAX_SECONDS = 5.0
# While a probe is out, its end is the next thing worth waiting for.
PROBE_SECONDS = 1.0
LONGEST_PROBE_SECONDS = 20.0


class Breaker:
    """One class of calls. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self.failures = 0
        """How many calls in a row have failed."""
        self.problem = ""
        """What was wrong with the last of them, in words for people."""
        self._probe_began: float | None = None
        self._until = 0.0
        self._seconds = FIRST_SECONDS

    @property
    def is_open(self) -> bool:
        return self.failures >= FAILURES

    def left(self, now: float) -> float:
        """Seconds until others than people may probe; 0.0 if it may or nothing is held back."""
        return max(self._until - now, 0.0) if self.is_open else 0.0

    def held_seconds(self, now: float, urgency: Urgency) -> float:
        """How long such a call is not to be made; 0.0 if it may. A person need not wait."""
        if self.is_probing(now):
            return PROBE_SECONDS
        return 0.0 if urgency is Urgency.PERSON else self.left(now)

    def is_probing(self, now: float) -> bool:
        """Whether a probe is out whose end is worth waiting for."""
        began = self._probe_began
        return began is not None and now - began < LONGEST_PROBE_SECONDS

    def begin(self, now: float) -> bool:
        """A call is made now; whether it is the probe."""
        if self.is_open:
            self._probe_began = now
        return self.is_open

    def answered(self) -> None:
        """The API works, whatever it answered."""
        self.failures = 0
        self._probe_began = None
        self._seconds = FIRST_SECONDS

    def failed(self, now: float, problem: str, *, is_probe: bool) -> None:
        """No usable answer came. A call that was made before it opened changes nothing then."""
        if self.is_open and not is_probe:
            return
        self.failures += 1
        self.problem = problem
        self._probe_began = None
        if self.is_open:
            self._until = now + self._seconds
            self._seconds = min(self._seconds * 2, MAX_SECONDS)

    def given_up(self, *, is_probe: bool) -> None:
        """Nobody waited for the answer any more, so it is not known."""
        if is_probe:
            self._probe_began = None
