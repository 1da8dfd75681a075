"""The arrival index: when the bytes of a log arrived, as the local host noted it.

Beside each log lies a text file of lines `<offset> <unix seconds>`: the bytes from that offset on
arrived at that time, or up to the time of the next entry. Both columns only grow.
"""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

_WINDOW = 256
_ENTRY = re.compile(rb"([0-9]{1,15}) ([0-9]{1,11}(?:\.[0-9]{1,6})?)")


class _Entry(NamedTuple):
    offset: int
    seconds: float


class ArrivalIndex:
    """Looks times and offsets up by binary search; an absent or broken index knows nothing.

    Holds the file open: use it in a `with` block.
    """

    def __init__(self, path: Path | None) -> None:
        self._descriptor = _open(path)
        self._span = (0, 0)
        self._span_time: datetime | None = None

    def __enter__(self) -> "ArrivalIndex":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def time_at(self, offset: int) -> datetime | None:
        """When the byte at `offset` arrived (UTC), to about a second."""
        if self._span[0] <= offset < self._span[1]:
            return self._span_time
        at = self._first(lambda entry: entry.offset > offset)
        before = self._last_line_before(at)
        if before is None:
            return None
        following = self._entry_at(at)
        self._span = (before.offset, following.offset if following else before.offset)
        self._span_time = datetime.fromtimestamp(before.seconds, UTC)
        return self._span_time

    def offset_at(self, time: datetime) -> int:
        """The first offset whose bytes arrived at `time` or after it; 0 without an index."""
        wanted = time.timestamp()
        at = self._first(lambda entry: entry.seconds >= wanted)
        entry = self._entry_at(at) or self._last_line_before(at)
        return entry.offset if entry else 0

    def _first(self, is_after: Callable[[_Entry], bool]) -> int:
        """Byte position in the index of the first entry for which the test holds, else its end."""
        low, high = 0, self._size()
        while low < high:
            # A broken index may have no line end in the window: never search backwards.
            start = max(low, self._line_start((low + high) // 2))
            entry = self._entry_at(start)
            if entry is None or is_after(entry):
                high = start
            else:
                low = self._line_end(start)
        return low

    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size if self._descriptor is not None else 0

    def _read(self, start: int, end: int) -> bytes:
        if self._descriptor is None:
            return b""
        return os.pread(self._descriptor, end - start, start)

    def _line_start(self, position: int) -> int:
        begin = max(0, position - _WINDOW)
        return begin + self._read(begin, position).rfind(b"\n") + 1

    def _line_end(self, start: int) -> int:
        block = self._read(start, start + _WINDOW)
        newline = block.find(b"\n")
        return start + (newline + 1 if newline >= 0 else max(1, len(block)))

    def _entry_at(self, start: int) -> _Entry | None:
        line, newline, _ = self._read(start, start + _WINDOW).partition(b"\n")
        match = _ENTRY.fullmatch(line)
        return _Entry(int(match[1]), float(match[2])) if match and newline else None

    def _last_line_before(self, position: int) -> _Entry | None:
        return self._entry_at(self._line_start(position - 1)) if position > 0 else None


def _open(path: Path | None) -> int | None:
    if path is None:
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
