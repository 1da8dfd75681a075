"""How long calls rest after the API said that there were too many (429)."""

FIRST_SECONDS = 15.0
MAX_SECONDS = 300.0
# A "0" or a date in the past would have the next call made at once.
SHORTEST_SECONDS = 1.0


class Pause:
    """One class of calls. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self.asked_seconds: float | None = None
        """How long the API asked to wait the last time; None if it did not say."""
        self._until = 0.0
        self._next_seconds = FIRST_SECONDS

    def begin(self, now: float, seconds: float | None) -> None:
        """A 429 came, with `seconds` if it said how long. A longer pause under way stays."""
        if seconds is None:
            length = self._next_seconds
            self._next_seconds = min(self._next_seconds * 2, MAX_SECONDS)
        else:
            length = max(seconds, SHORTEST_SECONDS)
        if now + length >= self._until:
            self.asked_seconds = seconds
            self._until = now + length

    def left(self, now: float) -> float:
        """Seconds until calls may go out again; 0.0 if they may."""
        return max(self._until - now, 0.0)

    def answered(self, now: float) -> None:
        """A call was not refused so. One that was made before the pause says nothing."""
        if not self.left(now):
            self._next_seconds = FIRST_SECONDS
