"""Whether somebody looks at Sitedeck, so that what nobody sees is read seldom."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Long enough for a page without scripts, which has no stream, to be loaded again.
GLANCE_SECONDS = 60.0


class Attention:
    """Used from the event loop's thread only. `on_return` is called when somebody looks again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_return: Callable[[], None] = lambda: None
        self._clock = clock
        self._streams = 0
        self._glanced_at = -GLANCE_SECONDS

    @property
    def is_paid(self) -> bool:
        """A page is open, or was drawn a moment ago."""
        return self._streams > 0 or self._clock() - self._glanced_at < GLANCE_SECONDS

    def glance(self) -> None:
        """A page has been drawn."""
        was_paid = self.is_paid
        self._glanced_at = self._clock()
        if not was_paid:
            self.on_return()

    @contextmanager
    def gaze(self) -> Iterator[None]:
        """A page is open while the block runs: it has an event stream."""
        self.glance()
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1
