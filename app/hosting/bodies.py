"""Reads answers of an API with a limit, and JSON that may be anything."""

import json
from collections.abc import AsyncIterator
from typing import Any

from app.errors import HostUnavailable

MAX_ANSWER_BYTES = 5 * 1024 * 1024


async def bounded_body(
    chunks: AsyncIterator[bytes], declared: str | None, limit: int = MAX_ANSWER_BYTES
) -> bytes:
    """The body, counted after decompression, so that a small answer cannot grow without end.

    `declared` is its Content-Length, so that a body which is too large is not even begun.
    Raises HostUnavailable.
    """
    content = bytearray()
    is_too_large = (declared or "").isdecimal() and int((declared or "")[:18]) > limit
    if not is_too_large:
        async for chunk in chunks:
            content += chunk
            is_too_large = len(content) > limit
            if is_too_large:
                break
    if is_too_large:
        raise HostUnavailable(
            f"The host's answer is larger than {limit // 1024 // 1024} MiB, more than Sitedeck "
            "reads at once."
        )
    return bytes(content)


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
