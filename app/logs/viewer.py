"""What one viewer of a log has still to be sent: bounded, and honest about what it missed."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


class _Queued(NamedTuple):
    """A ready event with its lines; a rotation and a heartbeat have none."""

    event: bytes
    batch: Batch | None
    is_rotation: bool = False


class Viewer:
    """A queue of ready events for one stream.

    When it is full, the oldest lines are dropped: the newest are those that somebody watching wants
    to see. The viewer is told of the gap, once, with its cursors, before it gets what is left.
    """

    def __init__(self, limit: int = QUEUE_BYTES) -> None:
        self.is_closing = False
        self.queued_bytes = 0
        self._limit = limit
        self._queue: deque[_Queued] = deque()
        self._gap: _Gap | None = None
        self._has_dropped_rotation = False
        self._wake = asyncio.Event()

    def offer(self, event: bytes, batch: Batch) -> None:
        self._put(_Queued(event, batch))
        while self.queued_bytes > self._limit and len(self._queue) > 1:
            self._drop(self._take())

    def offer_rotation(self, cursor: Cursor) -> None:
        """A new file begins at `cursor`."""
        self._put(_Queued(rotated_event(cursor), None, is_rotation=True))

    def beat(self, event: bytes) -> None:
        """A heartbeat, left out where something else is waiting anyway."""
        if not self._queue and self._gap is None:
            self._put(_Queued(event, None))

    def close(self) -> None:
        """Ends the stream at once: the viewer resumes by its cursor, so nothing is owed to it."""
        self.is_closing = True
        self._queue.clear()
        self._wake.set()

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Everything offered that was not dropped, in order, until the stream is closed."""
        while not self.is_closing:
            if self._gap is not None:
                yield self._take_gap(self._gap)
            elif self._queue:
                yield self._take().event
            else:
                self._wake.clear()
                await self._wake.wait()
        yield BYE

    def _put(self, queued: _Queued) -> None:
        self._queue.append(queued)
        self.queued_bytes += len(queued.event)
        self._wake.set()

    def _take(self) -> _Queued:
        queued = self._queue.popleft()
        self.queued_bytes -= len(queued.event)
        return queued

    def _drop(self, queued: _Queued) -> None:
        self._has_dropped_rotation |= queued.is_rotation
        if queued.batch is None:
            return
        if self._gap is None:
            self._gap = _Gap(0, queued.batch.before, queued.batch.after)
        self._gap.count += len(queued.batch.lines)
        self._gap.end = queued.batch.after

    def _take_gap(self, gap: _Gap) -> bytes:
        rotated = rotated_event(gap.end) if self._has_dropped_rotation else b""
        self._gap, self._has_dropped_rotation = None, False
        return skipped_event(gap.count, gap.start, gap.end) + rotated


def skipped_event(count: int, start: Cursor, end: Cursor) -> bytes:
    """`count` lines between the two cursors were left out of the stream."""
    data = {"count": count, "from": str(start), "to": str(end)}
    return encode_event(json.dumps(data), event="skipped", event_id=str(end))


def rotated_event(cursor: Cursor) -> bytes:
    """The lines that follow are in a new file, numbered from 1; a reader resumes at `cursor`."""
    return encode_event("{}", event="rotated", event_id=str(cursor))
