"""Lines as the entries of the log view: a traceback with its header is one, however many lines.

A viewer gets a traceback that goes on whole again, in place of what there was of it: so nobody has
to put the pieces together.
"""

from collections.abc import Iterator, Sequence

from app.logs.heads import read_head, without_escapes
from app.logs.stacks import read_exceptions
from app.logs.tracebacks import is_opener
from app.models import LogEntry, LogLine, Traceback, TracebackPart

_OPEN_BYTES = 128 * 1024


class OpenEntry:
    """The last lines given out, as far as they are one entry that may go on.

    Of an entry above 128 KiB the beginning is left behind; what follows is an entry of its own.
    """

    def __init__(self) -> None:
        self._lines: list[LogLine] = []

    def extend(self, lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Takes the next lines; the answer is what was there of the entry they begin inside."""
        is_more = bool(lines) and lines[0].part is TracebackPart.MORE
        again = tuple(self._lines) if is_more else ()
        for line in lines:
            if line.part is not TracebackPart.MORE:
                self._lines.clear()
            if line.part is not TracebackPart.NONE:
                self._lines.append(line)
        if self._lines and self._lines[-1].offset - self._lines[0].offset > _OPEN_BYTES:
            self._lines.clear()
        return again


def fold(lines: Sequence[LogLine]) -> list[LogEntry]:
    """The entries in order; every line is in exactly one of them."""
    return [
        run[0] if len(run) == 1 and run[0].part is not TracebackPart.MORE else _traceback(run)
        for run in _runs(lines)
    ]


def _runs(lines: Sequence[LogLine]) -> Iterator[tuple[LogLine, ...]]:
    run: list[LogLine] = []
    for line in lines:
        if run and line.part is not TracebackPart.MORE:
            yield tuple(run)
            run = []
        run.append(line)
    if run:
        yield tuple(run)


def _traceback(lines: tuple[LogLine, ...]) -> Traceback:
    texts = [read_head(without_escapes(line.text)).rest for line in lines]
    has_header = lines[0].part is TracebackPart.FIRST and not (
        is_opener(texts[0]) or texts[0].startswith("  File ")
    )
    if not has_header:
        return Traceback(lines, "", read_exceptions(texts))
    is_detail = [not (is_opener(text) or text.startswith("  File ")) for text in texts]
    start = is_detail.index(False) if False in is_detail else len(texts)
    return Traceback(lines, without_escapes(lines[0].text), read_exceptions(texts[start:]))
