"""Follows Python tracebacks through a log, line by line, so that their lines keep one level.

The grammar is that of the text alone: an opener, indented frames, a final `dotted.Name: message`
at the margin, perhaps a sentence that chains the next exception.
"""

import re
from enum import Enum

_OPENERS = (
    "Traceback (most recent call last):",
    "Exception Group Traceback (most recent call last):",
)
_CHAINS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_FINAL = re.compile(r"[^\W\d]\w*(?:\.(?:\w+|<\w+>))*(?:: |:?$)")


class Part(Enum):
    """What a line is to the tracebacks around it."""

    NONE = "none"
    OPENER = "opener"
    CONTINUATION = "continuation"


class TracebackState:
    """Where in a traceback the log stands; carried from line to line and batch to batch."""

    def __init__(self) -> None:
        self._in_frames = False
        self._is_after_final = False

    def read(self, text: str, has_level: bool) -> Part:
        """Takes the next line, without escapes and time stamp.

        A line whose own head states a level ends any traceback.
        """
        if has_level:
            self._leave()
            return Part.NONE
        if text.endswith("(most recent call last):") and text.lstrip(" \t|+") in _OPENERS:
            self._in_frames, self._is_after_final = True, False
            return Part.OPENER
        if self._in_frames:
            return self._read_in_frames(text)
        return self._read_after_final(text) if self._is_after_final else Part.NONE

    def _read_in_frames(self, text: str) -> Part:
        if text[:1] in (" ", "\t", "|", "+"):
            return Part.CONTINUATION
        self._leave()
        if _FINAL.match(text) is None:
            return Part.NONE
        self._is_after_final = True
        return Part.CONTINUATION

    def _read_after_final(self, text: str) -> Part:
        if text.strip() in ("", *_CHAINS) or text[:1] in (" ", "\t", "|"):
            return Part.CONTINUATION
        self._leave()
        return Part.NONE

    def _leave(self) -> None:
        self._in_frames = self._is_after_final = False
