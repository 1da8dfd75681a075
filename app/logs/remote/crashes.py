"""What a remote site writes to its error log while somebody waits for it to start."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread

from app.errors import NotFound
from app.logs.entries import fold
from app.logs.files import read_after, read_tail
from app.logs.heads import read_head, without_escapes
from app.logs.identity import Cursor
from app.logs.remote.sources import LogSources, SiteKey
from app.models import Level, LogEntry, LogKind, LogName, Traceback

ERROR_LOG = LogName(LogKind.ERROR)
_MAX_WORDS = 200


class CrashLog:
    """Knows what is new in the log since the first look at it that was begun after `watching`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin: Cursor | None = None

    async def newest(self) -> str:
        """`Type: message` of the last exception, or the last error, since then; else empty."""
        if self._begin is None:
            return ""
        try:
            page = await to_thread.run_sync(read_after, self._path, self._begin)
        except NotFound:
            return ""  # rotated or cleared meanwhile
        return _last_error(fold(page.lines))

    async def last_words(self) -> str:
        """The last exception or error of the log, else its last line, whenever it was written."""
        page = await to_thread.run_sync(read_tail, self._path)
        words = _last_error(fold(page.lines))
        return words or next((_words(line.text) for line in reversed(page.lines)), "")

    async def begin(self) -> None:
        page = await to_thread.run_sync(read_tail, self._path)
        self._begin = page.after


@asynccontextmanager
async def watching(sources: LogSources, key: SiteKey) -> AsyncIterator[CrashLog]:
    """Reads the site's error log often while the block runs. Raises NotFound."""
    log = CrashLog(sources.log(key, ERROR_LOG))

    async def begin() -> None:
        await sources.next_look(key, LogKind.ERROR)
        await log.begin()

    async with sources.watch(key, LogKind.ERROR):
        beginning = asyncio.create_task(begin())
        try:
            yield log
        finally:
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)


def _last_error(entries: Sequence[LogEntry]) -> str:
    for entry in reversed(entries):
        if isinstance(entry, Traceback):
            message = entry.raised[0].message if entry.raised else ()
            return _words(message[0]) if message else "an exception"
        if entry.level is Level.ERROR:
            return _words(read_head(without_escapes(entry.text)).rest)
    return ""


def _words(text: str) -> str:
    text = " ".join(without_escapes(text).split())
    return text if len(text) <= _MAX_WORDS else f"{text[: _MAX_WORDS - 1]}…"
