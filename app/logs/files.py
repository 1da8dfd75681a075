"""Pages of a log file: its last lines, the lines before or after a place, one line whole.

A cursor outlives a rotation: where the live file is not the one it was taken in, `.1` is tried.
A page never begins inside a traceback, but at its first line: it may be longer than asked for.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from app.errors import NotFound
from app.logs.blocks import entry_start, find_last_line_end, find_line_start, log_lines
from app.logs.identity import Cursor, Identity
from app.logs.lines import decode, note_nuls
from app.logs.times import ArrivalIndex
from app.models import LogLine

PAGE_LINES = 500
_PAGE_BYTES = 16 * 1024 * 1024
_WHOLE_LINE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """Lines in file order; `before` stands at the start of the first, `after` behind the last."""

    lines: tuple[LogLine, ...]
    before: Cursor
    after: Cursor

    @property
    def has_file(self) -> bool:
        """Whether the log existed."""
        return self.after.identity.inode != 0


class WholeLine(NamedTuple):
    """The text of one line; `is_cut` if even that is not all of it."""

    text: str
    is_cut: bool


class OpenLog(NamedTuple):
    """An open log file and the path of the arrival index that belongs to it."""

    descriptor: int
    times: Path | None


def previous(path: Path) -> Path:
    """The name a log gets when it is rotated."""
    return path.with_name(path.name + ".1")


def open_file(path: Path) -> int | None:
    """A descriptor for reading, or None if there is no such file."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None


def is_file_at(descriptor: int, path: Path) -> bool:
    """Whether `path` names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def read_tail(
    path: Path, lines: int = PAGE_LINES, times: Path | None = None, is_final: bool = False
) -> Page:
    """The last `lines` lines, fewer if they take more than 16 MiB.

    A last line without a newline is left out, unless `is_final` says that the file is rotated and
    will not grow. A missing file is an empty page.
    """
    descriptor = open_file(path)
    if descriptor is None:
        nowhere = Cursor(Identity.of_missing_file(), 0)
        return Page((), nowhere, nowhere)
    try:
        size = os.fstat(descriptor).st_size
        line_end = find_last_line_end(descriptor, size)
        end = size if is_final else line_end
        wanted = lines - (line_end < end)
        start = find_line_start(descriptor, line_end, wanted, _PAGE_BYTES)
        return _page(OpenLog(descriptor, times), start, end)
    finally:
        os.close(descriptor)


def read_before(
    path: Path, cursor: Cursor, lines: int = PAGE_LINES, times: Path | None = None
) -> Page:
    """The `lines` lines that end at the cursor. Raises NotFound if its file is gone."""
    with _located(path, times, cursor) as log:
        start = find_line_start(log.descriptor, cursor.offset, lines, _PAGE_BYTES)
        return _page(log, start, cursor.offset)


def read_after(
    path: Path, cursor: Cursor, lines: int = PAGE_LINES, times: Path | None = None
) -> Page:
    """The next `lines` complete lines from the cursor on. Raises NotFound if its file is gone."""
    with _located(path, times, cursor) as log:
        end = _end_of_lines(log.descriptor, cursor.offset, lines)
        return _page(log, cursor.offset, end)


def read_line(path: Path, cursor: Cursor, limit: int = _WHOLE_LINE_BYTES) -> WholeLine:
    """The line at the cursor, at most `limit` bytes of it. Raises NotFound if its file is gone."""
    with _located(path, None, cursor) as log:
        data = os.pread(log.descriptor, limit + 1, cursor.offset)
    line, newline, _ = data.partition(b"\n")
    cut = not newline and len(data) > limit
    text = decode(line[:limit].removesuffix(b"\r"), is_cut=cut)
    return WholeLine(note_nuls(text), cut)


def locate(path: Path, times: Path | None, cursor: Cursor) -> OpenLog | None:
    """Opens the file that the cursor was taken in: the live one, or `.1` after a rotation.

    Where both begin with the same bytes, the one with the cursor's inode. The caller closes it.
    """
    found: OpenLog | None = None
    candidates = [(path, times), (previous(path), times and previous(times))]
    if cursor.identity.inode == 0:
        # Taken before there was a live file, so no rotated one can be meant.
        candidates.pop()
    for candidate, index in candidates:
        descriptor = open_file(candidate)
        if descriptor is None:
            continue
        status = os.fstat(descriptor)
        is_inode = status.st_ino == cursor.identity.inode
        fits = status.st_size >= cursor.offset and cursor.identity.matches(descriptor)
        if not fits or (found is not None and not is_inode):
            os.close(descriptor)
            continue
        if found is not None:
            os.close(found.descriptor)
        found = OpenLog(descriptor, index)
        if is_inode:
            break
    return found


@contextmanager
def _located(path: Path, times: Path | None, cursor: Cursor) -> Iterator[OpenLog]:
    log = locate(path, times, cursor)
    if log is None:
        raise NotFound("These lines are no longer in the log. Open the log again.")
    try:
        yield log
    finally:
        os.close(log.descriptor)


def _page(log: OpenLog, start: int, end: int) -> Page:
    identity = Identity.of(log.descriptor)
    with ArrivalIndex(log.times) as index:
        start = entry_start(log.descriptor, start, index)
        stretch = log_lines(log.descriptor, str(identity), start, end, index, flush=True)
        lines = tuple(stretch)
    return Page(lines, Cursor(identity, start), Cursor(identity, end))


def _end_of_lines(descriptor: int, start: int, lines: int) -> int:
    """The end of the last of at most `lines` complete lines from `start` on, within 16 MiB."""
    position, end = start, start
    while lines > 0 and position - start < _PAGE_BYTES:
        block = os.pread(descriptor, 64 * 1024, position)
        if not block:
            break
        at = -1
        while lines > 0 and (at := block.find(b"\n", at + 1)) >= 0:
            end = position + at + 1
            lines -= 1
        position += len(block)
    return end
