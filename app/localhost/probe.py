"""Asks a site for its first page until it answers: the sign that it serves."""

import asyncio
import re
import time
from collections.abc import Callable

from app.localhost import reasons

CONNECT_INTERVAL = 0.02
LATE_INTERVAL = 1.0
"""Seconds between attempts while a start is on time, and after that."""
LATE_PATIENCE = 10.0
"""Seconds that an attempt begun late may take."""

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)[ \r\n]")
MAX_STATUS_LINE = 1024


class NotHttp(Exception):
    """Something listens on the socket, but does not answer in HTTP/1."""


async def first_answer(
    socket_path: str, domain: str, patience: float, on_late: Callable[[str], None]
) -> int:
    """HTTP status of the first answer, however long it takes.

    After `patience` seconds `on_late` hears the reason with every further attempt.
    """
    deadline = time.monotonic() + patience
    while True:
        left = max(deadline - time.monotonic(), LATE_PATIENCE)
        status, problem = await _attempt(socket_path, domain, left, patience)
        if status is not None:
            return status
        is_late = time.monotonic() >= deadline
        if is_late:
            on_late(problem)
        await asyncio.sleep(LATE_INTERVAL if is_late else CONNECT_INTERVAL)


async def _attempt(
    socket_path: str, domain: str, seconds: float, patience: float
) -> tuple[int | None, str]:
    """The status of an answer within `seconds`, or why there is none."""
    try:
        async with asyncio.timeout(seconds):
            return await ask(socket_path, domain), ""
    except NotHttp:
        return None, reasons.not_http()
    except (TimeoutError, ConnectionResetError, BrokenPipeError):
        return None, reasons.no_answer(patience)
    except OSError:
        return None, reasons.not_open(patience)


async def ask(socket_path: str, domain: str) -> int:
    """HTTP status of `GET /`. Raises OSError if nothing listens, NotHttp for other answers."""
    reader, writer = await asyncio.open_unix_connection(socket_path, limit=MAX_STATUS_LINE)
    try:
        writer.write(
            f"GET / HTTP/1.1\r\nHost: {domain}\r\nUser-Agent: Sitedeck-Probe\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n".encode("ascii")
        )
        await writer.drain()
        return _status(await reader.readuntil(b"\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise NotHttp from error
        raise ConnectionResetError("The site closed the connection.") from error
    except asyncio.LimitOverrunError as error:
        raise NotHttp from error
    finally:
        # Not waited for: a site may keep its end open as long as it likes.
        writer.transport.abort()


def _status(line: bytes) -> int:
    match = STATUS_LINE.match(line)
    if match is None:
        raise NotHttp
    return int(match[1])
