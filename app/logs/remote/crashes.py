"""What a remote site writes to its error log while somebody waits for it to start."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from anyio import to_thread

from app.errors import NotFound
from app.logs.entries import fold
from app.logs.files import read_after, read_tail
from app.logs.heads import read_head, without_escapes
from app.logs.identity import Cursor, Identity
from app.logs.remote.sources import LogSources
from app.models import Crash, Level, LogEntry, LogKind, LogName, SiteKey, Traceback

ERROR_LOG = LogName(LogKind.ERROR)
# A copy that was read so recently holds what was written before a click.
FRESH_SECONDS = 3.0
_START = Cursor(Identity.of_missing_file(), 0)
# Of 500 lines.
_MAX_PAGES = 40
_MAX_WORDS = 200
_MAX_TEXT = 8000


async def _is_as_written() -> None:
    """For a log that is no copy."""


class CrashLog:
    """Knows what is new in the log since `begin`; `next_look` brings a copy up to date."""

    def __init__(
        self, path: Path, next_look: Callable[[], Awaitable[None]] = _is_as_written
    ) -> None:
        self._path = path
        self._next_look = next_look
        self._read_to: Cursor | None = None
        self._newest: Crash | None = None
        self._begun = asyncio.Event()

    async def ready(self) -> None:
        await self._begun.wait()

    async def begin(self) -> None:
        page = await to_thread.run_sync(read_tail, self._path)
        self._read_to = page.after
        self._begun.set()

    async def read_again(self) -> None:
        """Returns when the copy has been brought up to date once more."""
        await self._begun.wait()
        await self._next_look()

    async def newest(self) -> Crash | None:
        """The last exception or error since then."""
        if self._read_to is not None:
            self._read_to = await to_thread.run_sync(self._read_on, self._read_to)
        return self._newest

    def _read_on(self, cursor: Cursor) -> Cursor:
        """Reads what is new behind the cursor, over a rotation too. Returns where it ends.

        What is too much for one call is left to the next one.
        """
        for _ in range(_MAX_PAGES):
            # Asked before: of a file that is rotated already, no news are all there is.
            is_live = _is_live(self._path, cursor)
            try:
                page = read_after(self._path, cursor)
            except NotFound:
                return _START  # of the next file, if this one was cleared
            if page.after.offset > cursor.offset:
                self._newest = _last_error(fold(page.lines)) or self._newest
                cursor = page.after
            elif is_live:
                return cursor
            else:
                cursor = _START
        return cursor

    async def last_words(self) -> Crash | None:
        """The last exception or error of the log, else its last line, whenever it was written."""
        page = await to_thread.run_sync(read_tail, self._path)
        if (crash := _last_error(fold(page.lines))) is not None:
            return crash
        return Crash(_words(page.lines[-1].text)) if page.lines else None


@asynccontextmanager
async def watching(sources: LogSources, key: SiteKey) -> AsyncIterator[CrashLog]:
    """Reads the site's error log often while the block runs. Raises NotFound."""
    next_look = partial(sources.next_look, key, LogKind.ERROR)
    log = CrashLog(sources.log(key, ERROR_LOG), next_look)
    state = sources.state(key, LogKind.ERROR)
    age = state[0] if state is not None else 0.0

    async def begin() -> None:
        if age is None or age > FRESH_SECONDS:
            # The click waits for it. What an older look leaves out counts as new, which is better
            # than to take a crash after the click for an old one.
            await next_look(may_have_begun=True)
        await log.begin()

    async with sources.watch(key, LogKind.ERROR):
        beginning = asyncio.create_task(begin())
        try:
            yield log
        finally:
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)


def _is_live(path: Path, cursor: Cursor) -> bool:
    """Whether the cursor's file has that name now, or had not been made when it was taken."""
    try:
        return cursor.identity.inode in (0, os.stat(path).st_ino)
    except FileNotFoundError:
        return False


def _last_error(entries: Sequence[LogEntry]) -> Crash | None:
    for entry in reversed(entries):
        if isinstance(entry, Traceback):
            return _crash(entry)
        if entry.level is Level.ERROR:
            return Crash(_words(read_head(without_escapes(entry.text)).rest))
    return None


def _crash(entry: Traceback) -> Crash:
    message = entry.raised[0].message if entry.raised else ()
    text = "\n".join(line.text for line in entry.lines)
    words = _words(message[0]) if message else "an exception"
    # The end says what happened.
    return Crash(words, text[-_MAX_TEXT:])


def _words(text: str) -> str:
    text = " ".join(without_escapes(text).split())
    return text if len(text) <= _MAX_WORDS else f"{text[: _MAX_WORDS - 1]}…"
