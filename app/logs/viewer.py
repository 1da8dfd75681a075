"""What one viewer of a log has still to be sent: bounded, and honest about what it missed."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from app.logs.identity import Cursor
from app.logs.sse import encode_event
from app.logs.tail import Batch
from app.models import LogLine

# Turns lines into the markup of their rows.
Renderer = Callable[[Sequence[LogLine]], str | bytes]
QUEUE_BYTES = 1024 * 1024
BYE = encode_event("{}", event="bye")


@dataclass(slots=True)
class _Gap:
    """Lines that were not queued, between two cursors."""

    count: int
    start: Cursor
    end: Cursor
    has_rotation: bool = False


class Viewer:
    """A queue of ready events for one stream.

    When it is full, lines are dropped and counted until the viewer has taken all that waits; then
    it is told of the gap, once, with its cursors.
    """

    def __init__(self, limit: int = QUEUE_BYTES) -> None:
        self.is_closing = False
        self.queued_bytes = 0
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._gap: _Gap | None = None
        self._wake = asyncio.Event()

    def offer(self, event: bytes, batch: Batch) -> None:
        if self._gap is not None or self.queued_bytes + len(event) > self._limit:
            self._skip(batch)
        else:
            self._put(event)

    def offer_rotation(self, cursor: Cursor) -> None:
        """A new file begins at `cursor`."""
        if self._gap is not None:
            self._gap.has_rotation = True
        else:
            self._put(rotated_event(cursor))

    def beat(self, event: bytes) -> None:
        """A heartbeat, left out where something else is waiting anyway."""
        if not self._queue and self._gap is None:
            self._put(event)

    def close(self) -> None:
        """Ends the stream at once: the viewer resumes by its cursor, so nothing is owed to it."""
        self.is_closing = True
        self._queue.clear()
        self._wake.set()

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Everything offered, in order, until the stream is closed."""
        while not self.is_closing:
            if self._queue:
                event = self._queue.popleft()
                self.queued_bytes -= len(event)
                yield event
            elif self._gap is not None:
                yield self._take_gap()
            else:
                self._wake.clear()
                await self._wake.wait()
        yield BYE

    def _put(self, event: bytes) -> None:
        self._queue.append(event)
        self.queued_bytes += len(event)
        self._wake.set()

    def _skip(self, batch: Batch) -> None:
        if self._gap is None:
            self._gap = _Gap(0, batch.before, batch.after)
        self._gap.count += len(batch.lines)
        self._gap.end = batch.after

    def _take_gap(self) -> bytes:
        gap, self._gap = self._gap, None
        if gap is None:
            return b""
        event = skipped_event(gap.count, gap.start, gap.end)
        return event + (rotated_event(gap.end) if gap.has_rotation else b"")


def skipped_event(count: int, start: Cursor, end: Cursor) -> bytes:
    """`count` lines between the two cursors were left out of the stream."""
    data = {"count": count, "from": str(start), "to": str(end)}
    return encode_event(json.dumps(data), event="skipped", event_id=str(end))


def rotated_event(cursor: Cursor) -> bytes:
    """The lines that follow are in a new file, numbered from 1; a reader resumes at `cursor`."""
    return encode_event("{}", event="rotated", event_id=str(cursor))
