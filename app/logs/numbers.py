"""Numbers of lines: how many newlines lie before an offset, counted once per file."""

import os
from collections import OrderedDict
from threading import Lock

from app.logs.identity import Identity

_BLOCK = 1024 * 1024
_FILES = 256


def count_newlines(descriptor: int, start: int, end: int) -> int:
    """Newlines in the bytes from `start` to before `end`, read in blocks."""
    count = 0
    while start < end:
        block = os.pread(descriptor, min(_BLOCK, end - start), start)
        if not block:
            break
        count += block.count(b"\n")
        start += len(block)
    return count


class LineNumbers:
    """Remembers one counted place per file, so that only the way from there is counted.

    Used by the event loop and by threads; holds the last _FILES files.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int], tuple[Identity, int, int]] = OrderedDict()
        self._lock = Lock()

    def newlines_before(self, descriptor: int, offset: int) -> int:
        status = os.fstat(descriptor)
        key = (status.st_dev, status.st_ino)
        count = self._count(descriptor, offset, self._known.get(key))
        with self._lock:
            self._known[key] = (Identity.of(descriptor), offset, count)
            self._known.move_to_end(key)
            while len(self._known) > _FILES:
                self._known.popitem(last=False)
        return count

    @staticmethod
    def _count(descriptor: int, offset: int, known: tuple[Identity, int, int] | None) -> int:
        if known is None or offset < known[1] // 2 or not known[0].matches(descriptor):
            return count_newlines(descriptor, 0, offset)
        _, known_offset, known_count = known
        if offset >= known_offset:
            return known_count + count_newlines(descriptor, known_offset, offset)
        return known_count - count_newlines(descriptor, offset, known_offset)


LINE_NUMBERS = LineNumbers()
