"""Turns the raw bytes of a log's lines into LogLines: text, level, time, place.

What a log holds is written by strangers: every line is bounded, and decoding never fails.
"""

import codecs
import re
from datetime import datetime

from app.logs.heads import read_head, without_escapes
from app.logs.splitter import RawLine
from app.logs.tracebacks import TracebackState, is_opener
from app.models import Level, LogLine, TracebackPart, counted

SHOWN_BYTES = 4 * 1024
_NULS = re.compile("\0+")
_DECODER = codecs.getincrementaldecoder("utf-8")


class LineReader:
    """Reads the lines of one file in order; remembers whether it stands inside a traceback.

    `entry_start` is the offset of the first line of the entry that the next line may go on with.
    """

    def __init__(self) -> None:
        self._traceback = TracebackState()
        self.entry_start: int | None = None

    def read(self, raw: RawLine, identity: str, number: int, arrival: datetime | None) -> LogLine:
        """`number` counts the file's lines from 1.

        The rest of a line whose beginning was given out earlier gets number 0: it has no place of
        its own in the count.
        """
        text = _shown_text(raw)
        is_whole = raw.hole == 0 and len(raw.head) <= SHOWN_BYTES
        parsed = text if is_whole else decode(raw.head, is_cut=True)
        head = read_head(without_escapes(parsed))
        unstamped_arrival = arrival if head.time is None else None
        part = self._traceback.read(head.rest, head.level, unstamped_arrival)
        if part is not TracebackPart.MORE:
            self.entry_start = raw.offset if part is TracebackPart.FIRST else None
        is_plain = part is TracebackPart.NONE
        level = head.level or (Level.OTHER if is_plain else Level.ERROR)
        return LogLine(
            identity=identity,
            offset=raw.offset,
            length=raw.length,
            number=0 if raw.continues else number,
            text=text,
            level=level,
            time=head.time or arrival,
            is_arrival=head.time is None and arrival is not None,
            is_cut=is_cut(raw),
            starts_traceback=not is_plain and is_opener(head.rest),
            part=part,
        )


def counts_as_error(line: LogLine) -> bool:
    """A traceback begun, or a line whose own head says ERROR or above.

    The other lines of a traceback have that level too, but are no errors of their own.
    """
    if line.level is not Level.ERROR:
        return False
    return line.starts_traceback or read_head(without_escapes(line.text)).level is Level.ERROR


def decode(data: bytes, is_cut: bool = False) -> str:
    """UTF-8 with replacement; a character that the end of a cut line splits is left out."""
    return _DECODER("replace").decode(data, final=not is_cut)


def is_cut(raw: RawLine) -> bool:
    """Whether the line has more bytes than are shown (a line end of up to 2 bytes is none)."""
    return raw.length - raw.hole > SHOWN_BYTES + 2 or len(raw.head) > SHOWN_BYTES


def note_nuls(text: str) -> str:
    """Runs of NUL bytes as a note with their number: they are holes, nobody wrote them."""
    return _NULS.sub(lambda run: _hole_note(len(run[0])), text) if "\0" in text else text


def _shown_text(raw: RawLine) -> str:
    text = note_nuls(decode(raw.head[:SHOWN_BYTES], is_cut=len(raw.head) > SHOWN_BYTES))
    return _hole_note(raw.hole) + text if raw.hole else text


def _hole_note(count: int) -> str:
    return f"[{counted(count, 'NUL byte')}]"
