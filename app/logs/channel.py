"""One followed log and everybody who gets its batches."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.logs.follow import Follower
from app.logs.identity import Cursor
from app.logs.source import Source
from app.logs.sse import encode_event
from app.logs.tail import Batch, LogTail
from app.logs.viewer import Renderer, Viewer
from app.logs.watch import FolderWatch

Receiver = Callable[[Batch], None]
_CATCH_UP_LOOKS = 256

_logger = logging.getLogger(__name__)


class Channel:
    """Follows `path` from `started` to `stop`; `users` counts who needs it."""

    def __init__(
        self,
        path: Path,
        render: Renderer,
        watch: FolderWatch | None,
        poll_seconds: float,
    ) -> None:
        self.path = path
        self.users = 0
        self.viewers: set[Viewer] = set()
        self.receivers: set[Receiver] = set()
        self._render = render
        self._tail = LogTail(path)
        self._follower = Follower(self._tail, self._publish, watch, poll_seconds)
        self._last_generation = 0
        self._modified_at: datetime | None = None
        self._task = asyncio.create_task(self._run())
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def source(self) -> Source | None:
        return self._tail.source

    @property
    def cursor(self) -> Cursor | None:
        return self.source.cursor if self.source is not None else None

    @property
    def generation(self) -> int:
        return self._last_generation

    @property
    def newest_at(self) -> datetime | None:
        """When the newest line arrived; None if the log is empty or was deleted."""
        try:
            is_empty = self.path.stat().st_size == 0
        except FileNotFoundError:
            is_empty = True
        if is_empty:
            return None
        return self._follower.newest_at or self._modified_at

    async def started(self) -> None:
        """Waits until the end of the file is found. Raises what kept it from being read."""
        await asyncio.shield(self._started)

    def catch_up(self) -> None:
        """Publishes at once what the follower would find at its next look."""
        for _ in range(_CATCH_UP_LOOKS):
            if not self._follower.look():
                return

    def stop(self) -> asyncio.Task[None]:
        self._started.cancel()
        self._task.cancel()
        return self._task

    async def _run(self) -> None:
        # In a thread: to find the number of the last line is to read the whole file.
        starting = asyncio.create_task(asyncio.to_thread(self._tail.start))
        try:
            await asyncio.shield(starting)
            self._note_start()
            await self._follower.run()
        except Exception as error:
            self._fail(error)
        finally:
            await asyncio.wait({starting})
            self._tail.close()

    def _note_start(self) -> None:
        if self.source is not None:
            self._last_generation = self.source.number
            self._modified_at = datetime.fromtimestamp(
                os.fstat(self.source.descriptor).st_mtime, UTC
            )
        self._started.set_result(None)

    def _fail(self, error: Exception) -> None:
        """Whoever waits gets the error; open streams end, so that their browsers come back."""
        if not self._started.done():
            self._started.set_exception(error)
            return
        _logger.error("Following %s has ended.", self.path.name, exc_info=error)
        for viewer in self.viewers:
            viewer.close()

    def _publish(self, batch: Batch) -> None:
        if 0 < self._last_generation < batch.generation:
            for viewer in self.viewers:
                viewer.offer_rotation(batch.before)
        self._last_generation = batch.generation
        for receive in tuple(self.receivers):
            receive(batch)
        if self.viewers:
            event = encode_event(
                self._render((*batch.again, *batch.lines)),
                event="lines",
                event_id=str(batch.after),
            )
            for viewer in self.viewers:
                viewer.offer(event, batch)
