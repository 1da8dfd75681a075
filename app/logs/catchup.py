"""What a resuming viewer missed: from its cursor up to where the shared follower stands."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from app.logs.blocks import entry_start, find_last_line_end, log_lines
from app.logs.entries import OpenEntry
from app.logs.files import OpenLog, is_file_at, locate
from app.logs.identity import Cursor, Identity
from app.logs.numbers import count_newlines
from app.logs.source import Source
from app.logs.sse import encode_event
from app.logs.times import ArrivalIndex
from app.logs.viewer import Renderer, rotated_event, skipped_event

CATCH_UP_BYTES = 1024 * 1024
_SLICE = 200


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Bytes of one open file, to be read from `start` to before `end`."""

    log: OpenLog
    start: int
    end: int

    @property
    def size(self) -> int:
        return max(0, self.end - self.start)

    def cursor(self, offset: int) -> Cursor:
        return Cursor(Identity.of(self.log.descriptor), offset)


class CatchUp:
    """The missed lines as ready events. Holds files open: use it in a `with` block."""

    def __init__(self, stretches: Sequence[_Stretch]) -> None:
        self._stretches = list(stretches)
        self._files = ExitStack()
        for stretch in stretches:
            self._files.callback(os.close, stretch.log.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def events(self, render: Renderer) -> Iterator[bytes]:
        """Of more than CATCH_UP_BYTES only the end, after an event that tells of the rest."""
        first_file = self._stretches[0] if self._stretches else None
        if sum(one.size for one in self._stretches) > CATCH_UP_BYTES:
            yield self._skip()
        for stretch in self._stretches:
            if first_file is not None and stretch.log != first_file.log:
                yield rotated_event(stretch.cursor(stretch.start))
            yield from _line_events(stretch, render)

    def _skip(self) -> bytes:
        """Shortens what is to be read to its end, and says how many lines that leaves out."""
        start = self._stretches[0].cursor(self._stretches[0].start)
        count, excess = 0, sum(one.size for one in self._stretches) - CATCH_UP_BYTES
        while excess >= self._stretches[0].size:
            whole = self._stretches.pop(0)
            count += count_newlines(whole.log.descriptor, whole.start, whole.end)
            excess -= whole.size
        first = self._stretches[0]
        line_end = find_last_line_end(first.log.descriptor, first.start + excess)
        begin = max(first.start, line_end)
        count += count_newlines(first.log.descriptor, first.start, begin)
        self._stretches[0] = _Stretch(first.log, begin, first.end)
        return skipped_event(count, start, first.cursor(begin))


def plan_catch_up(
    path: Path, times: Path | None, after: Cursor, source: Source | None
) -> CatchUp | None:
    """From `after` to the place where the follower's source stands; None if it is in no file.

    Call it when the follower has just read all there is.
    """
    if source is not None and _is_in(after, source):
        return CatchUp([_rest_of(source, times, after.offset)])
    log = locate(path, times, after)
    if log is None:
        is_start_of_nothing = source is None and after.offset == 0
        return CatchUp([]) if is_start_of_nothing else None
    if source is not None and os.path.sameopenfile(log.descriptor, source.descriptor):
        os.close(log.descriptor)
        return CatchUp([_rest_of(source, times, after.offset)])
    if is_file_at(log.descriptor, path):
        # A new file under the name that the follower has not turned to, because it is empty.
        os.close(log.descriptor)
        return CatchUp([]) if after.offset == 0 else None
    rotated = _Stretch(log, after.offset, os.fstat(log.descriptor).st_size)
    return CatchUp([rotated] if source is None else [rotated, _rest_of(source, times, 0)])


def _is_in(after: Cursor, source: Source) -> bool:
    is_inode = os.fstat(source.descriptor).st_ino == after.identity.inode
    return is_inode and after.identity.matches(source.descriptor)


def _rest_of(source: Source, times: Path | None, start: int) -> _Stretch:
    log = OpenLog(os.dup(source.descriptor), times)
    return _Stretch(log, start, source.cursor.offset)


def _line_events(stretch: _Stretch, render: Renderer) -> Iterator[bytes]:
    identity = Identity.of(stretch.log.descriptor)
    with ArrivalIndex(stretch.log.times) as index:
        descriptor, open_entry = stretch.log.descriptor, OpenEntry()
        start = entry_start(descriptor, stretch.start, index)
        lines = log_lines(descriptor, str(identity), start, stretch.end, index, flush=True)
        while some := tuple(islice(lines, _SLICE)):
            after = Cursor(identity, some[-1].offset + some[-1].length)
            again = open_entry.extend(some)
            yield encode_event(render((*again, *some)), event="lines", event_id=str(after))
