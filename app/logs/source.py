"""One generation of a followed log: an open file and how far it has been read.

The descriptor stays open over a rename, so an old generation can be finished after its rotation.
"""

import os
from collections.abc import Iterable
from datetime import datetime

from app.logs.blocks import find_last_line_end, is_inside_line, log_lines, reader_at
from app.logs.entries import OpenEntry
from app.logs.identity import Cursor, Identity
from app.logs.lines import LineReader
from app.logs.numbers import LINE_NUMBERS
from app.logs.splitter import LineSplitter, RawLine
from app.logs.times import ArrivalIndex
from app.models import LogLine


class Source:
    """Reads on from a place in one file. `number` counts the generations under one name.

    `is_final` is set once nothing can be appended any more.
    """

    def __init__(self, descriptor: int, number: int, offset: int = 0) -> None:
        self.descriptor = descriptor
        self.number = number
        self.is_final = False
        self.identity = Identity.of(descriptor)
        inside = is_inside_line(descriptor, offset)
        self._splitter = LineSplitter(offset, inside)
        self._reader = LineReader()
        self._open_entry = OpenEntry()
        if offset:
            self._look_back(offset)
        self._next_line = LINE_NUMBERS.newlines_before(descriptor, offset) + 1

    @classmethod
    def at_end(cls, descriptor: int, number: int) -> "Source":
        """Stands behind the last complete line."""
        size = os.fstat(descriptor).st_size
        return cls(descriptor, number, find_last_line_end(descriptor, size))

    @property
    def cursor(self) -> Cursor:
        """The start of the first line that has not been given out."""
        return Cursor(self.identity, self._splitter.line_start)

    @property
    def read_position(self) -> int:
        return self._splitter.position

    @property
    def has_half_line(self) -> bool:
        return self._splitter.has_half_line

    def next_bytes(self, limit: int, lines: int) -> bytes:
        """At most `limit` bytes, and the ends of at most `lines` lines."""
        chunk = os.pread(self.descriptor, limit, self._splitter.position)
        if chunk.count(b"\n") <= lines:
            return chunk
        end = 0
        for _ in range(lines):
            end = chunk.index(b"\n", end) + 1
        return chunk[:end]

    def is_intact(self) -> bool:
        """Whether this is still the file that was read so far, neither shorter nor rewritten.

        To be asked after reading: bytes that came from a rewritten file are then not taken.
        """
        grown = self.identity.grown(self.descriptor)
        if grown is None or os.fstat(self.descriptor).st_size < self._splitter.position:
            return False
        self.identity = grown
        return True

    def continue_in(self, descriptor: int) -> None:
        """Goes on at the same offset in a complete copy of this file."""
        os.close(self.descriptor)
        self.descriptor = descriptor
        self.is_final = True

    def take(self, chunk: bytes, now: datetime) -> tuple[LogLine, ...]:
        """The lines that `chunk`, just read, completes; they arrived at `now`."""
        return self._read_all(self._splitter.feed(chunk), now)

    def take_half_line(self, now: datetime) -> tuple[LogLine, ...]:
        """The unfinished line as it is; what follows will be a piece of its own."""
        raw = self._splitter.flush()
        return self._read_all([raw], now) if raw is not None else ()

    def given_out_before(self, lines: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
        """The earlier lines of the traceback that `lines`, just taken, go on with."""
        return self._open_entry.extend(lines)

    def close(self) -> None:
        os.close(self.descriptor)

    def _look_back(self, offset: int) -> None:
        with ArrivalIndex(None) as index:
            self._reader = reader_at(self.descriptor, offset, index)
            start = self._reader.entry_start
            if start is not None:
                identity = str(self.identity)
                lines = log_lines(self.descriptor, identity, start, offset, index)
                self._open_entry.extend(tuple(lines))

    def _read_all(self, raws: Iterable[RawLine], now: datetime) -> tuple[LogLine, ...]:
        identity = str(self.identity)
        lines = []
        for raw in raws:
            lines.append(self._reader.read(raw, identity, self._next_line, now))
            self._next_line += not self._splitter.continues
        return tuple(lines)
