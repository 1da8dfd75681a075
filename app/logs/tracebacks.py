"""Follows Python tracebacks through a log, line by line, so that their lines stay together.

The grammar is that of the text: perhaps a header, an opener, indented frames, a final
`dotted.Name: message` at the margin, perhaps a sentence that chains the next exception. Only what
comes after the first line of a message cannot be told from other output by its text: there the
times of arrival decide.
"""

import re
from datetime import datetime, timedelta
from enum import Enum

from app.models import Level, TracebackPart

_OPENERS = (
    "Traceback (most recent call last):",
    "Exception Group Traceback (most recent call last):",
)
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
FINAL = re.compile(r"[^\W\d]\w*(?:\.(?:\w+|<\w+>))*(?:: |:?$)")
_HEADER = re.compile(
    r"(?:Exception in ASGI application|(?:Task|Future) exception was never retrieved"
    r"|Exception in (?:thread|callback) \S|Exception ignored (?:in|on|while)\b"
    r"|Exception on /|Error running WSGI application|Process \S{1,80}:$)"
)
_HEADER_DETAIL = re.compile(r"(?:future|task|handle|protocol|transport|asyncgen): ")
_SYNTAX_ERROR_PLACE = re.compile(r'  File "[^"]+", line \d+$')
_GROUP_END = re.compile(r" *\+-{20,}$")
_TOGETHER = timedelta(seconds=1)
_MOST_LINES = 10_000
_MOST_MESSAGE_LINES = 50


class _Place(Enum):
    OUTSIDE = "outside"
    HEADER = "header"
    FRAMES = "frames"
    MESSAGE = "message"
    ENDED = "ended"
    CHAINED = "chained"


def is_opener(text: str) -> bool:
    return text.endswith("(most recent call last):") and text.lstrip(" \t|+") in _OPENERS


class TracebackState:
    """Where in a traceback the log stands; carried from line to line and batch to batch."""

    def __init__(self) -> None:
        self._place = _Place.OUTSIDE
        self._lines = 0
        self._message_lines = 0
        self._final_arrived: datetime | None = None

    def read(
        self, text: str, level: Level | None, arrival: datetime | None = None
    ) -> TracebackPart:
        """Takes the next line, without escapes and time stamp.

        `level` is what its own head states: such a line ends any traceback.
        """
        if level is not None:
            is_header = level in (Level.ERROR, Level.WARNING)
            return self._begin(_Place.HEADER) if is_header else self._leave()
        if is_opener(text):
            return self._open(text)
        self._lines += 1
        if self._lines > _MOST_LINES:
            self._leave()
        if self._place is _Place.FRAMES:
            return self._read_in_frames(text, arrival)
        if self._place in (_Place.MESSAGE, _Place.ENDED, _Place.CHAINED):
            return self._read_after_final(text, arrival)
        return self._read_outside(text)

    def _open(self, text: str) -> TracebackPart:
        is_nested = text.lstrip(" ").startswith("|") and self._place is not _Place.OUTSIDE
        if is_nested or self._place in (_Place.HEADER, _Place.CHAINED):
            return self._go_on(_Place.FRAMES)
        return self._begin(_Place.FRAMES)

    def _read_outside(self, text: str) -> TracebackPart:
        is_headed = self._place is _Place.HEADER
        if text.startswith("  File ") and _SYNTAX_ERROR_PLACE.match(text):
            return self._go_on(_Place.FRAMES) if is_headed else self._begin(_Place.FRAMES)
        if is_headed and _HEADER_DETAIL.match(text):
            return TracebackPart.MORE
        return self._begin(_Place.HEADER) if _HEADER.match(text) else self._leave()

    def _read_in_frames(self, text: str, arrival: datetime | None) -> TracebackPart:
        if text[:1] in (" ", "\t", "|", "+"):
            return self._go_on(_Place.ENDED if _GROUP_END.match(text) else _Place.FRAMES)
        if FINAL.match(text) is None:
            return self._read_outside_after(text)
        self._final_arrived, self._message_lines = arrival, 0
        return self._go_on(_Place.MESSAGE)

    def _read_after_final(self, text: str, arrival: datetime | None) -> TracebackPart:
        stripped = text.strip()
        if stripped in (CAUSE, CONTEXT):
            return self._go_on(_Place.CHAINED)
        if not stripped:
            is_chained = self._place is _Place.CHAINED
            return self._go_on(_Place.CHAINED if is_chained else _Place.ENDED)
        if text[:1] in (" ", "\t", "|"):
            return TracebackPart.MORE
        if self._is_more_of_the_message(text, arrival):
            return TracebackPart.MORE
        return self._read_outside_after(text)

    def _is_more_of_the_message(self, text: str, arrival: datetime | None) -> bool:
        if self._place is not _Place.MESSAGE or _HEADER.match(text):
            return False
        if arrival is None or self._final_arrived is None:
            return False
        self._message_lines += 1
        arrived_together = arrival - self._final_arrived < _TOGETHER
        return arrived_together and self._message_lines <= _MOST_MESSAGE_LINES

    def _read_outside_after(self, text: str) -> TracebackPart:
        self._leave()
        return self._read_outside(text)

    def _begin(self, place: _Place) -> TracebackPart:
        self._place, self._lines = place, 0
        return TracebackPart.FIRST

    def _go_on(self, place: _Place) -> TracebackPart:
        self._place = place
        return TracebackPart.MORE

    def _leave(self) -> TracebackPart:
        self._place = _Place.OUTSIDE
        return TracebackPart.NONE
