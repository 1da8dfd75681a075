"""Brings the logs of one remote account here while anybody watches them.

One poller for all logs and all viewers copies what is new into mirror files; everything else
reads those. The API has neither a way to ask for a size nor a promise to answer ranges.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import AnswerTooLarge, HostingError, HostRefused, HostThrottled, HostUnavailable
from app.hosting.budget import Urgency
from app.hosting.client import HostingClient
from app.hosting.slices import FileSlice
from app.logs.remote.copying import LogCopy
from app.logs.remote.mirror import MirroredLog
from app.logs.remote.threads import in_thread
from app.logs.remote.unused import remove_unused
from app.models import LogKind, LogName, parse_listed_domain

# Spread evenly, the logs that somebody looks at take 27 of the 30 calls a minute that the governor
# leaves to polling, and the checks between them take two more.
PACE_SECONDS = 2.2
PACES_PER_CHECK = 14
# A log that nobody looks at is read for the count of its errors alone.
SELDOM_SECONDS = 300.0
REFUSED_SECONDS = 60.0
# A log that is too large, or comes too slowly, takes the time of all others when it is tried again.
TOO_LARGE_SECONDS = 60.0
MAX_TOO_LARGE_SECONDS = 300.0
MAX_PAUSE_SECONDS = 60.0
# A host that is back is to be noticed within half a minute; the governor spares one that is not.
UNAVAILABLE_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Watched:
    """One log: who needs it often and seldom, when each is due, what the last look said."""

    copy: LogCopy
    users: int = 0
    seldom_users: int = 0
    due: float = 0.0
    seldom_due: float = 0.0
    looked_at: float | None = None
    problem: str = ""
    retry_at: float | None = None
    too_large_seconds: float = TOO_LARGE_SECONDS
    # Looks are counted: how many have begun, which was the last that ended well, and which one
    # somebody waits for.
    begun: int = 0
    read: int = 0
    wanted: int = 0
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    in_use: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the copy is changed."""

    @property
    def next(self) -> float:
        """When it is to be read again, by the poller's clock."""
        return self.due if self.users else self.seldom_due

    def postpone(self, until: float, *, is_said: bool = False) -> None:
        """`is_said`: it is long enough to be told with the problem."""
        self.due = self.seldom_due = until
        self.retry_at = until if is_said else None


class RemoteLogs:
    """The logs of the account of `client`, mirrored below `folder`.

    `log` and `times` say where the copies are; `watch` keeps them growing.
    """

    def __init__(
        self,
        client: HostingClient,
        folder: Path,
        *,
        pace_seconds: float = PACE_SECONDS,
        seldom_seconds: float = SELDOM_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._folder = folder
        self._pace_seconds = pace_seconds
        self._seldom_seconds = seldom_seconds
        self._clock = clock
        self._logs: dict[tuple[str, LogKind], _Watched] = {}
        self._opening = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        # From when on the next watched log may be read, and the next check be made between.
        self._free_at = 0.0
        self._check_at = 0.0
        self._is_between = False
        self._pause = pace_seconds

    def log(self, domain_name: str, name: LogName) -> Path:
        """Where the copy of a log file is, if there is one. Raises InvalidInput."""
        return self._folder / name.file_name(parse_listed_domain(domain_name))

    def times(self, domain_name: str, name: LogName) -> Path:
        """Where the arrival index of that copy is. Raises InvalidInput."""
        return self._folder / "times" / name.file_name(parse_listed_domain(domain_name))

    @asynccontextmanager
    async def watch(self, domain_name: str, kind: LogKind) -> AsyncIterator[None]:
        """Fetches the log while the block runs, however many there are. Raises InvalidInput."""
        log = await self._find(domain_name, kind)
        log.users += 1
        self._start()
        self._wake.set()
        try:
            yield
        finally:
            log.users -= 1

    @asynccontextmanager
    async def check(self, domain_name: str, kind: LogKind) -> AsyncIterator[None]:
        """Fetches the log seldom while the block runs, which begins after the first good look.

        Raises InvalidInput.
        """
        log = await self._find(domain_name, kind)
        log.seldom_users += 1
        self._start()
        self._wake.set()
        try:
            if log.looked_at is None:
                await log.looked.wait()
            yield
        finally:
            log.seldom_users -= 1

    async def next_look(
        self, domain_name: str, kind: LogKind, *, may_have_begun: bool = False
    ) -> None:
        """Returns when a look at a watched log that begins after this has ended well; or already
        one that is on its way, which may have been answered before.

        It comes before looks at others that are watched.

        Raises InvalidInput.
        """
        log = await self._find(domain_name, kind)
        wanted = (log.read if may_have_begun else log.begun) + 1
        log.wanted = max(log.wanted, wanted)
        log.postpone(0.0)
        self._wake.set()
        while log.read < wanted:
            await log.looked.wait()

    def age(self, domain_name: str, kind: LogKind) -> float | None:
        """Seconds since the log was last fetched well; None if it never was."""
        log = self._logs.get((domain_name, kind))
        return None if log is None or log.looked_at is None else self._clock() - log.looked_at

    def problem(self, domain_name: str, kind: LogKind) -> str:
        """Why the last look failed, in words for people; empty if it did not."""
        log = self._logs.get((domain_name, kind))
        if log is None:
            return ""
        if log.retry_at is None:
            return log.problem
        seconds = max(0, math.ceil(log.retry_at - self._clock()))
        return f"{log.problem} Next try in {seconds} s."

    async def forget(self, domain_name: str, kind: LogKind) -> None:
        """Deletes the copies of a log that has been deleted. Raises InvalidInput."""
        log = await self._find(domain_name, kind)
        # A look under way would bring back what it has just fetched of the deleted file. It is not
        # waited for, as the host may hang; but another may begin meanwhile.
        await self.close()
        try:
            async with log.in_use:
                await in_thread(log.copy.mirror.remove)
                log.postpone(0.0)
                log.looked_at = None
        finally:
            self._start()

    def resume(self) -> None:
        """Looks at every watched log soon, whatever it waits for: the token may be another now."""
        self._client.resume()
        for log in self._logs.values():
            log.postpone(0.0)
        self._wake.set()

    async def close(self) -> None:
        """Ends polling and waits for threads that write; a later `watch` begins it again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._poll())

    async def _find(self, domain_name: str, kind: LogKind) -> _Watched:
        name = LogName(kind)
        path, times = self.log(domain_name, name), self.times(domain_name, name)
        key = (domain_name, kind)
        # To open a copy is to change it, if it was left unfinished.
        async with self._opening:
            if not self._logs:
                with suppress(OSError):  # nobody waits for it
                    await in_thread(remove_unused, path.parent, times.parent)
            if key not in self._logs:
                mirror = await in_thread(_open_mirror, path, times)
                copy = LogCopy(f"/var/log/{path.name}", mirror, self._fetch, self._clock)
                self._logs[key] = _Watched(copy)
            return self._logs[key]

    async def _poll(self) -> None:
        """One look after the other, at the log that has waited longest."""
        while True:
            self._wake.clear()
            watched = [log for log in self._logs.values() if log.users]
            checked = [log for log in self._logs.values() if log.seldom_users and not log.users]
            if not watched and not checked:
                await self._wake.wait()
                continue
            log, at = self._choose(watched, checked)
            wait = at - self._clock()
            if wait > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                continue
            self._is_between = bool(watched) and not log.users
            if self._is_between:
                self._check_at = self._clock() + self._pace_seconds * PACES_PER_CHECK
            await self._look(log)

    def _choose(self, watched: list[_Watched], checked: list[_Watched]) -> tuple[_Watched, float]:
        """The log to look at next, and when: a check must not keep those waiting who watch."""
        times = [(max(log.next, self._free_at), log) for log in watched]
        free_at = self._check_at if watched else self._free_at
        times += [(max(log.next, free_at), log) for log in checked]
        # Of those that are due, the one that has waited longest.
        now = self._clock()
        at, log = min(times, key=lambda one: (max(one[0], now), one[1].next))
        return log, at

    async def _look(self, log: _Watched) -> None:
        number = log.begun = log.begun + 1
        try:
            async with log.in_use:
                wait = await log.copy.advance()
        except HostingError as error:
            self._postpone(log, error)
        except OSError as error:
            log.problem = f"The copy of the log could not be written: {error.strerror}."
            log.postpone(self._clock() + MAX_PAUSE_SECONDS)
        except Exception:
            log.problem = "Sitedeck made a mistake with this log; its own log says more."
            log.postpone(self._clock() + MAX_PAUSE_SECONDS)
            _log.exception("Reading a remote log failed; trying again.")
        else:
            log.problem, log.retry_at, log.looked_at = "", None, self._clock()
            log.too_large_seconds = TOO_LARGE_SECONDS
            log.read = number
            log.looked.set()
            log.looked = asyncio.Event()
            if number >= log.wanted:
                log.due = log.looked_at + wait
                log.seldom_due = log.looked_at + max(wait, self._seldom_seconds)
            self._pause = self._pace_seconds

    def _postpone(self, log: _Watched, error: HostingError) -> None:
        log.problem = str(error)
        if isinstance(error, AnswerTooLarge):
            # The host works, so it says nothing about the other logs.
            log.postpone(self._clock() + log.too_large_seconds, is_said=True)
            log.too_large_seconds = min(log.too_large_seconds * 2, MAX_TOO_LARGE_SECONDS)
            self._pause = self._pace_seconds
            return
        if isinstance(error, HostUnavailable):
            # What keeps one log from being read most likely keeps all of them.
            self._pause = min(self._pause * 2, UNAVAILABLE_SECONDS)
            self._free_at = self._clock() + self._pause
            log.postpone(self._free_at)
            return
        seconds = error.retry_seconds if isinstance(error, HostThrottled) else None
        log.postpone(self._clock() + (REFUSED_SECONDS if seconds is None else seconds))

    async def _fetch(self, path: str, start: int) -> FileSlice | None:
        """One call at its time; None if there is no such file."""
        if not self._is_between:
            await asyncio.sleep(max(0.0, self._free_at - self._clock()))
            self._free_at = self._clock() + self._pace_seconds
        try:
            return await self._client.read_file(path, start, Urgency.POLLING)
        except HostRefused as error:
            if error.status == 404:
                return None
            raise


def _open_mirror(path: Path, times: Path) -> MirroredLog:
    for folder in (path.parent.parent, path.parent, times.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    return MirroredLog(path, times)
