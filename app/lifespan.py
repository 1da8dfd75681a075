"""What runs beside the requests, from start to shutdown."""

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from functools import partial
from types import FrameType
from typing import Any

from anyio import to_thread

from app.errors import InvalidInput, NotFound
from app.hosting.changes import Change, ListChanged, SiteChanged, SiteGone
from app.logs.counts import ErrorCounter
from app.models import LogKind, LogName, Site, SiteKey
from app.routes.services import Services
from app.store.accounts import LOCAL

SESSION_CLEANUP_SECONDS = 3600.0
RETRY_SECONDS = 5.0
ERROR_LOG = LogName(LogKind.ERROR)

_log = logging.getLogger(__name__)


class Background:
    """Starts and stops the tasks of a dashboard."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._counter = ErrorCounter(services.hub, self._count_changed)
        self._tasks: set[asyncio.Task[None]] = set()

    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """FastHTML takes a plain async generator here, not a context manager."""
        restore = chain_signals(self._begin_shutdown)
        self._run(_forever(self._expire_sessions))
        await self._services.account_service.start()
        self._run(_forever(self._count_errors))
        self._run(_forever(self._services.worker.run))
        self._run(self._services.certificates.run())
        if self._services.local_host is not None:
            self._run(self._services.local_host.run())
        if self._services.site_watch is not None:
            self._run(self._services.site_watch.run())
        try:
            yield
        finally:
            restore()
            await self._stop()

    def _run(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("A background task failed", exc_info=task.exception())

    def _begin_shutdown(self) -> None:
        """uvicorn waits for open streams, so they have to end first."""
        self._services.slots.end_all()
        self._services.hub.end_streams()

    async def _stop(self) -> None:
        self._begin_shutdown()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.aftermath.close()
        await self._counter.close()
        await self._services.hub.close()
        await self._services.log_files.close()
        await self._services.account_service.close()

    async def _expire_sessions(self) -> None:
        while True:
            await to_thread.run_sync(self._services.sessions.delete_expired)
            await asyncio.sleep(SESSION_CLEANUP_SECONDS)

    async def _count_errors(self) -> None:
        """Counts in the error log of every site whose log may grow, a task for each."""
        counting: dict[SiteKey, asyncio.Task[None]] = {}
        try:
            with self._services.changes.subscribe() as queue:
                while True:
                    sites = await to_thread.run_sync(self._services.sites.all)
                    wanted = {site.key for site in sites if _may_log(site)}
                    for key in counting.keys() - wanted:
                        counting.pop(key).cancel()
                    for key in wanted - counting.keys():
                        work = _until_done(partial(self._count_errors_of, key))
                        counting[key] = asyncio.create_task(work)
                    while not _changes_counting(await queue.get(), counting.keys()):
                        pass
        finally:
            for task in counting.values():
                task.cancel()
            await asyncio.gather(*counting.values(), return_exceptions=True)

    async def _count_errors_of(self, key: SiteKey) -> None:
        files, is_copy = self._services.log_files, key[0] != LOCAL.id
        try:
            path, times = files.log(key, ERROR_LOG), files.times(key, ERROR_LOG)
            check = files.check(key, LogKind.ERROR)
        except NotFound:
            return  # its account cannot be connected as it is configured
        except InvalidInput:
            return  # hosts list domains, with an underscore for instance, that no file is named by
        async with check:
            await self._counter.watch(key, path, times, is_copy=is_copy)
            try:
                await asyncio.Event().wait()
            finally:
                await self._counter.unwatch(key)

    def _count_changed(self, key: SiteKey, count: int) -> None:
        self._run(self._services.known.set_error_count(*key, count))


def _may_log(site: Site) -> bool:
    """Logs on this machine cost nothing to follow; calls are spent on what runs."""
    return site.is_local or (site.enabled and not site.is_gone)


def _changes_counting(change: Change, counted: Set[SiteKey]) -> bool:
    if isinstance(change, SiteChanged):
        return _may_log(change.site) != (change.site.key in counted)
    return isinstance(change, ListChanged | SiteGone)


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await _until_done(work)
        await asyncio.sleep(RETRY_SECONDS)


async def _until_done(work: Callable[[], Awaitable[None]]) -> None:
    """Does the work again when it failed: a locked database or a full disk passes."""
    while True:
        try:
            return await work()
        except Exception:
            _log.exception("A background task failed; trying again.")
        await asyncio.sleep(RETRY_SECONDS)


def chain_signals(callback: Callable[[], None]) -> Callable[[], None]:
    """Calls `callback` on SIGINT and SIGTERM before the handler that was there; returns the undo.

    Works for every way of starting the app. Signals belong to the main thread: elsewhere, as in
    tests that run the app in a worker thread, there is nothing to do.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        before = previous[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for number in previous:
        signal.signal(number, handle)

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    return restore
