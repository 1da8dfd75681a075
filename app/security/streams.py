"""The open event streams: how many there may be, and how they end before their client leaves."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import SitedeckError


class TooManyStreams(SitedeckError):
    """The limit of open streams is reached."""


class StreamSlots:
    """Slots of open streams, per session and in all. Used from the event loop's thread only."""

    def __init__(self, per_session: int, in_all: int) -> None:
        self._per_session = per_session
        self._in_all = in_all
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._is_closed = False

    @contextmanager
    def slot(self, session_id: str) -> Iterator[asyncio.Event]:
        """Holds a slot while the stream is open; yields what is set when it has to end.

        Raises TooManyStreams.
        """
        streams = self._open[session_id]
        if len(streams) >= self._per_session or self._count() >= self._in_all:
            raise TooManyStreams(
                "Too many live views are open. Close a tab that shows Sitedeck and reload this one."
            )
        over = asyncio.Event()
        if self._is_closed:
            over.set()
        streams.add(over)
        try:
            yield over
        finally:
            streams.discard(over)
            if not streams:
                del self._open[session_id]

    def end(self, session_id: str) -> None:
        """Ends the streams of a session that is over."""
        for over in self._open.get(session_id, ()):
            over.set()

    def end_all(self) -> None:
        """Ends every stream, also those that are opened later: uvicorn waits for them."""
        self._is_closed = True
        for session_id in self._open:
            self.end(session_id)

    def _count(self) -> int:
        return sum(map(len, self._open.values()))
