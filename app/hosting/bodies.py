"""Reads answers of an API with a limit, and JSON that may be anything."""

import json
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from app.errors import AnswerTooLarge, HostUnavailable

MAX_ANSWER_BYTES = 5 * 1024 * 1024
# What the client asks for and what is unpacked here.
ENCODINGS = "gzip"


class _Unpacker:
    """Unpacks a body as it comes, never more than is asked for: a bomb stays packed.

    httpx would unpack everything that has arrived at once, a thousand times its size.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise HostUnavailable("The host packed its answer in a way Sitedeck does not know.")
        is_packed = "gzip" in encoding
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if is_packed else None
        self._has_begun = False

    def unpack(self, chunk: bytes, most: int) -> bytes:
        """At most `most` bytes; there is no going on after that many."""
        if self._gzip is None:
            return chunk[:most]
        self._has_begun = True
        try:
            return self._gzip.decompress(chunk, most)
        except zlib.error:
            raise HostUnavailable("The host's packed answer cannot be unpacked.") from None

    def check_end(self) -> None:
        """Raises HostUnavailable if the packed body is not complete."""
        if self._gzip is not None and self._has_begun and not self._gzip.eof:
            raise HostUnavailable("The host broke off in the middle of an answer.")


async def bounded_body(
    chunks: AsyncIterator[bytes], headers: Mapping[str, str], limit: int = MAX_ANSWER_BYTES
) -> bytes:
    """The body out of its raw chunks, counted after unpacking, so that it cannot grow without end.

    One whose Content-Length is too large is not even begun. Raises AnswerTooLarge and
    HostUnavailable.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > limit:
        raise _too_large(limit)
    unpacker = _Unpacker(headers.get("content-encoding", "").strip().lower())
    content = bytearray()
    async for chunk in chunks:
        content += unpacker.unpack(chunk, limit + 1 - len(content))
        if len(content) > limit:
            raise _too_large(limit)
    unpacker.check_end()
    return bytes(content)


def _too_large(limit: int) -> AnswerTooLarge:
    return AnswerTooLarge(
        f"The host's answer is larger than {limit // 1024 // 1024} MiB, more than Sitedeck "
        "reads at once."
    )


async def json_lines(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """One object a line. Raises HostUnavailable."""
    async for line in lines:
        event = parse_json(line.encode())
        if not isinstance(event, dict):
            raise HostUnavailable("The local host sent an event that is not an object.")
        yield event


def parse_json(content: bytes) -> Any:
    """Raises HostUnavailable."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise HostUnavailable("The host answered something that is not JSON.") from None
