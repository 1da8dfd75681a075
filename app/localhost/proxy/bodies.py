"""Finds where the body of a request ends, strictly, so that the next request starts there.

httptools does not tell at which byte a message ended, and a pipelined request may follow in the
same read; these readers hand back what is not theirs.
"""

import re
from typing import Protocol

from app.localhost.proxy.heads import BadRequest, RequestHead

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t -~]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_MAX_LINE = 4_096
_MAX_TRAILERS = 16_384


class BodyReader(Protocol):
    """Takes the bytes after a head and separates the body from what follows it."""

    @property
    def is_complete(self) -> bool: ...

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """(bytes of the body, bytes after it). Raises BadRequest for wrong framing or size."""


class LengthBody:
    """A body of `length` bytes, as Content-Length announced."""

    def __init__(self, length: int, limit: int) -> None:
        if length > limit:
            raise BadRequest(413, f"The request body is larger than {limit} bytes.")
        self._missing = length

    @property
    def is_complete(self) -> bool:
        return self._missing == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        body, rest = data[: self._missing], data[self._missing :]
        self._missing -= len(body)
        return body, rest


class ChunkedBody:
    """A chunked body of at most `limit` bytes. Chunk extensions and trailers are dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._missing = 0
        self._pending = b""
        self._trailer_bytes = 0
        self._read_line = self._read_size_line
        self.is_complete = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        data = self._pending + data
        self._pending = b""
        pieces: list[bytes] = []
        position = 0
        while position < len(data) and not self.is_complete:
            if self._missing:
                piece = data[position : position + self._missing]
                pieces.append(piece)
                self._missing -= len(piece)
                position += len(piece)
                continue
            line_end = _end_of_line(data, position)
            if line_end is None:
                self._pending = data[position:]
                return b"".join(pieces), b""
            self._read_line(data[position:line_end])
            position = line_end + 2
        return b"".join(pieces), data[position:]

    def _read_size_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise BadRequest(400, "The size of a chunk is malformed.")
        self._missing = int(match[1], 16)
        self._size += self._missing
        if self._size > self._limit:
            raise BadRequest(413, f"The request body is larger than {self._limit} bytes.")
        self._read_line = self._read_end_of_chunk if self._missing else self._read_trailer

    def _read_end_of_chunk(self, line: bytes) -> None:
        if line:
            raise BadRequest(400, "A chunk is longer than its size says.")
        self._read_line = self._read_size_line

    def _read_trailer(self, line: bytes) -> None:
        if not line:
            self.is_complete = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > _MAX_TRAILERS or not _TRAILER_LINE.fullmatch(line):
            raise BadRequest(400, "A trailer of the request is malformed.")


class OpenBody:
    """What follows a WebSocket's handshake: everything until the connection ends."""

    is_complete = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        return data, b""


def _end_of_line(data: bytes, start: int) -> int | None:
    """Where the line that begins at `start` has its CR LF; None if that has not arrived yet."""
    line_feed = data.find(b"\n", start, start + _MAX_LINE)
    if line_feed < 0:
        if len(data) - start >= _MAX_LINE:
            raise BadRequest(400, "A line of the request body's framing is too long.")
        return None
    if line_feed == start or data[line_feed - 1] != 0x0D:
        raise BadRequest(400, "A line of the request body's framing does not end in CR LF.")
    return line_feed - 1


def body_reader(head: RequestHead, limit: int) -> BodyReader | None:
    """The reader of the body of `head`, None if it has none.

    Raises BadRequest if it announces more than `limit` bytes.
    """
    if head.wants_websocket:
        return OpenBody()
    if head.is_chunked:
        return ChunkedBody(limit)
    if head.content_length:
        return LengthBody(head.content_length, limit)
    return None
