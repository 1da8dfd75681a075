"""What is new in a log since the last look, across every way a log can be rotated.

Renamed: the old file is finished through its open descriptor, then the new one is read from 0.
Copied and truncated: the rest is read from `.1` where its identity proves the copy. Deleted:
the name is waited for. No thread, no loop: somebody else says when to look.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.logs.files import open_file, previous
from app.logs.identity import Cursor, Identity
from app.logs.source import Source
from app.models import LogLine

LOOK_BYTES = 64 * 1024
LOOK_LINES = 500
_LOOK_LIMIT = 1024 * 1024
HALF_LINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines in order from one file; `generation` grows with every file read under the name.

    There may be none: then much of a long line was read, and its end is still to come. `again`
    are the lines of a traceback that earlier batches had and this one goes on with.
    """

    lines: tuple[LogLine, ...]
    before: Cursor
    after: Cursor
    generation: int
    again: tuple[LogLine, ...] = ()


class LogTail:
    """Call `start` once, then `look` until it says None, whenever something may be new."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.source: Source | None = None
        self._now = now
        self._monotonic = monotonic
        self._left: Identity | None = None
        self._previous: Identity | None = None
        self._generation = 0
        self._half_line: tuple[Cursor, float] | None = None

    def start(self) -> None:
        """Stands at the end of the file as it is, or waits for one that is not there yet."""
        self._previous = self._identity_of_previous()
        descriptor = open_file(self.path)
        if descriptor is not None:
            self._generation += 1
            self.source = Source.at_end(descriptor, self._generation)

    def close(self) -> None:
        if self.source is not None:
            self.source.close()
            self.source = None

    def look(self) -> Batch | None:
        """The next lines, at most LOOK_LINES from LOOK_BYTES; None if there is nothing new."""
        budget = _LOOK_LIMIT
        while (source := self.source or self._open_next()) is not None:
            before = source.cursor
            chunk = source.next_bytes(LOOK_BYTES, LOOK_LINES)
            if not source.is_final and not source.is_intact():
                lines = self._leave_truncated(source)
            elif chunk:
                lines = source.take(chunk, self._now())
            elif source.is_final:
                lines = self._leave(source)
            elif self._is_replaced(source):
                source.is_final = True
                continue
            else:
                return self._overdue_half_line(source)
            budget -= len(chunk)
            if lines or budget <= 0:
                after = lines[-1].offset + lines[-1].length if lines else before.offset
                again = source.given_out_before(lines)
                return Batch(lines, before, Cursor(source.identity, after), source.number, again)
        return None

    def _leave(self, source: Source) -> tuple[LogLine, ...]:
        lines = source.take_half_line(self._now())
        self._left = source.identity
        source.close()
        self.source = None
        return lines

    def _leave_truncated(self, source: Source) -> tuple[LogLine, ...]:
        copy = open_file(previous(self.path))
        if copy is not None:
            size = os.fstat(copy).st_size
            if source.identity.matches(copy) and size >= source.read_position:
                source.continue_in(copy)
                return ()
            os.close(copy)
        return self._leave(source)

    def _is_replaced(self, source: Source) -> bool:
        """Another file has the name, and something in it: its writer is done with the old one."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return False
        return status.st_size > 0 and not os.path.samestat(status, os.fstat(source.descriptor))

    def _open_next(self) -> Source | None:
        """The file to go on with: `.1` if it came and went between two looks, else the live one."""
        source = self._open_missed() or self._open(self.path)
        if source is not None and not source.is_final:
            self._previous = self._identity_of_previous()
        return source

    def _open_missed(self) -> Source | None:
        """A rotated file that is neither the one just left nor the one that was there before."""
        descriptor = open_file(previous(self.path))
        if descriptor is None:
            return None
        known = [identity for identity in (self._left, self._previous) if identity is not None]
        if os.fstat(descriptor).st_size == 0 or any(one.matches(descriptor) for one in known):
            os.close(descriptor)
            return None
        source = self._begin(descriptor)
        source.is_final = True
        return source

    def _open(self, path: Path) -> Source | None:
        descriptor = open_file(path)
        return self._begin(descriptor) if descriptor is not None else None

    def _begin(self, descriptor: int) -> Source:
        self._generation += 1
        self.source = Source(descriptor, self._generation)
        return self.source

    def _identity_of_previous(self) -> Identity | None:
        descriptor = open_file(previous(self.path))
        if descriptor is None:
            return None
        try:
            return Identity.of(descriptor)
        finally:
            os.close(descriptor)

    def _overdue_half_line(self, source: Source) -> Batch | None:
        """A line that has waited long enough for its end is given out as it is."""
        if not source.has_half_line:
            self._half_line = None
            return None
        before = source.cursor
        if self._half_line is None or self._half_line[0] != before:
            self._half_line = (before, self._monotonic())
        if self._monotonic() - self._half_line[1] < HALF_LINE_SECONDS:
            return None
        lines = source.take_half_line(self._now())
        again = source.given_out_before(lines)
        return Batch(lines, before, source.cursor, source.number, again)
