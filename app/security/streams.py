"""How many event streams may be open, per session and in all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import SitedeckError


class TooManyStreams(SitedeckError):
    """The limit of open streams is reached."""


class StreamSlots:
    def __init__(self, per_session: int, in_all: int) -> None:
        self._per_session = per_session
        self._in_all = in_all
        self._open: Counter[str] = Counter()

    @contextmanager
    def slot(self, session_id: str) -> Iterator[None]:
        """Holds one slot while the stream is open. Raises TooManyStreams."""
        if self._open[session_id] >= self._per_session or self._open.total() >= self._in_all:
            raise TooManyStreams(
                "Too many live views are open. Close a tab that shows Sitedeck and reload this one."
            )
        self._open[session_id] += 1
        try:
            yield
        finally:
            self._open[session_id] -= 1
            if not self._open[session_id]:
                del self._open[session_id]
