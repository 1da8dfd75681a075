"""What runs beside the requests, from start to shutdown."""

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import FrameType
from typing import Any

from anyio import to_thread

from app.hosting.changes import ListChanged, SiteGone
from app.logs.counts import ErrorCounter
from app.models import LogKind, LogName
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
        self._run(_forever(self._count_errors))
        await self._services.account_service.start()
        if self._services.local_host is not None:
            self._run(self._services.local_host.run())
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
        await self._services.actions.close()
        await self._counter.close()
        await self._services.hub.close()
        await self._services.log_files.close()
        await self._services.account_service.close()

    async def _expire_sessions(self) -> None:
        while True:
            await to_thread.run_sync(self._services.sessions.delete_expired)
            await asyncio.sleep(SESSION_CLEANUP_SECONDS)

    async def _count_errors(self) -> None:
        """Watches the error log of every site of the local host."""
        watched: set[tuple[str, str]] = set()
        with self._services.changes.subscribe() as queue:
            while True:
                sites = await self._services.known.of_account(LOCAL.id)
                wanted = {site.key for site in sites}
                for key in watched - wanted:
                    await self._counter.unwatch(key)
                for key in wanted - watched:
                    files = self._services.log_files
                    await self._counter.watch(
                        key, files.log(key, ERROR_LOG), files.times(key, ERROR_LOG)
                    )
                watched = wanted
                while not isinstance(await queue.get(), ListChanged | SiteGone):
                    pass

    def _count_changed(self, key: tuple[str, str], count: int) -> None:
        self._run(self._services.known.set_error_count(*key, count))


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    """Does the work again when it failed: a locked database or a full disk passes."""
    while True:
        try:
            await work()
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
