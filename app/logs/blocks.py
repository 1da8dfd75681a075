"""Reads stretches of a log file into LogLines, with bounded memory: pread only.

A mapped file that is truncated kills the process that reads it, so nothing is ever mapped.
"""

import os
from collections.abc import Iterator

from app.logs.lines import LineReader
from app.logs.numbers import LINE_NUMBERS
from app.logs.splitter import HEAD_LIMIT, LineSplitter, RawLine
from app.logs.times import ArrivalIndex
from app.models import LogLine, TracebackPart

BLOCK = 64 * 1024
_CONTEXT = 32 * 1024


def find_line_start(descriptor: int, end: int, lines: int, budget: int) -> int:
    """Where the last `lines` lines before `end` begin; `end` itself is the start of a line.

    Walks back at most `budget` bytes, but at least over one line.
    """
    position, start, missing = end, end, lines + 1
    while position > 0 and (end - position < budget or start == end):
        size = min(BLOCK, position)
        position -= size
        block = os.pread(descriptor, size, position)
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) >= 0:
            missing -= 1
            start = min(start, position + at + 1)
            if missing == 0:
                return start
    return 0 if position == 0 else start


def find_last_line_end(descriptor: int, end: int) -> int:
    """The offset after the last newline before `end`; 0 if there is none."""
    while end > 0:
        size = min(BLOCK, end)
        at = os.pread(descriptor, size, end - size).rfind(b"\n")
        if at >= 0:
            return end - size + at + 1
        end -= size
    return 0


def reader_at(descriptor: int, offset: int, index: ArrivalIndex) -> LineReader:
    """A LineReader that knows whether the line at `offset` stands inside a traceback."""
    reader = LineReader()
    begin = max(0, offset - _CONTEXT)
    splitter = LineSplitter(begin)
    for raw in splitter.feed(os.pread(descriptor, offset - begin, begin)):
        if raw.offset > begin or begin == 0:
            reader.read(raw, "", 0, index.time_at(raw.offset))
    return reader


def entry_start(descriptor: int, offset: int, index: ArrivalIndex) -> int:
    """Where the traceback begins that the line at `offset` goes on with; else `offset`."""
    reader = reader_at(descriptor, offset, index)
    start = reader.entry_start
    following = next(raw_lines(descriptor, offset, offset + HEAD_LIMIT, flush=True), None)
    if start is None or following is None or is_inside_line(descriptor, offset):
        return offset
    line = reader.read(following, "", 0, index.time_at(offset))
    return start if line.part is TracebackPart.MORE else offset


def is_inside_line(descriptor: int, offset: int) -> bool:
    return offset > 0 and os.pread(descriptor, 1, offset - 1) != b"\n"


def raw_lines(descriptor: int, start: int, end: int, flush: bool) -> Iterator[RawLine]:
    """The lines from `start` to before `end`; with `flush` also the half line at the end."""
    splitter = LineSplitter(start, is_inside_line(descriptor, start))
    while splitter.position < end:
        size = min(BLOCK, end - splitter.position)
        block = os.pread(descriptor, size, splitter.position)
        if not block:
            break
        yield from splitter.feed(block)
    rest = splitter.flush() if flush else None
    if rest is not None:
        yield rest


def log_lines(
    descriptor: int, identity: str, start: int, end: int, index: ArrivalIndex, flush: bool = False
) -> Iterator[LogLine]:
    """As `raw_lines`, read, numbered and timed."""
    reader = reader_at(descriptor, start, index)
    number = LINE_NUMBERS.newlines_before(descriptor, start) + 1
    for raw in raw_lines(descriptor, start, end, flush):
        yield reader.read(raw, identity, number, index.time_at(raw.offset))
        number += 1
