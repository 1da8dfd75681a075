"""Cuts a stream of bytes into lines while holding at most the head of one.

A log may hold a line of any length, so a line is its place and its first bytes, never its whole.
"""

from dataclasses import dataclass

HEAD_LIMIT = 8 * 1024


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line, or a piece of one: `length` bytes at `offset`, the newline included.

    `head` is its first HEAD_LIMIT bytes without line end and without the `hole` NUL bytes that it
    may begin with (what a truncated file shows where its writer had already been further on).
    `continues` marks the rest of a line whose beginning was given out before its end was there.
    """

    offset: int
    length: int
    head: bytes
    hole: int = 0
    continues: bool = False


class LineSplitter:
    """Feed it the bytes from `offset` on, in order; only a newline ends a line."""

    def __init__(self, offset: int, continues: bool = False) -> None:
        self.line_start = offset
        self.position = offset
        self._head = b""
        self._hole = 0
        self._continues = continues

    @property
    def has_half_line(self) -> bool:
        return self.position > self.line_start

    @property
    def continues(self) -> bool:
        """Whether `line_start` lies inside a line."""
        return self._continues

    def feed(self, chunk: bytes) -> list[RawLine]:
        *complete, rest = chunk.split(b"\n")
        lines = []
        for part in complete:
            self._extend(part)
            self.position += 1
            lines.append(self._take(ended=True))
        self._extend(rest)
        return lines

    def flush(self) -> RawLine | None:
        """The half line as it is; what follows it will be a piece of its own."""
        return self._take(ended=False) if self.has_half_line else None

    def _extend(self, part: bytes) -> None:
        self.position += len(part)
        if not self._head:
            stripped = part.lstrip(b"\0")
            self._hole += len(part) - len(stripped)
            part = stripped
        if len(self._head) < HEAD_LIMIT:
            self._head += part[: HEAD_LIMIT - len(self._head)]

    def _take(self, ended: bool) -> RawLine:
        length = self.position - self.line_start
        head = self._head.removesuffix(b"\r") if ended and length <= HEAD_LIMIT else self._head
        line = RawLine(self.line_start, length, head, self._hole, self._continues)
        self.line_start, self._head, self._hole = self.position, b"", 0
        self._continues = not ended
        return line
