"""Follows one log on the event loop: wakes up, looks, hands over what is new in batches."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from app.logs.tail import Batch, LogTail
from app.logs.watch import FolderWatch

POLL_SECONDS = 1.0
BATCH_SECONDS = 0.03

_logger = logging.getLogger(__name__)


class Follower:
    """Publishes the batches of one tail.

    The first lines after a silence are handed over at once, the next ones after BATCH_SECONDS,
    together. Besides the folder watch the file is polled: a network mount tells no events.
    """

    def __init__(
        self,
        tail: LogTail,
        publish: Callable[[Batch], None],
        watch: FolderWatch | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.newest_at: datetime | None = None
        self._tail = tail
        self._publish = publish
        self._watch = watch
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._is_watched = False
        self._is_failing = False

    async def run(self) -> None:
        """Follows until it is cancelled. The caller starts the tail before and closes it after."""
        try:
            while True:
                self._renew_watch()
                self._wake.clear()
                if self.look():
                    await self._publish_rest()
                    await asyncio.sleep(BATCH_SECONDS)
                await self._wait()
        finally:
            if self._watch is not None:
                self._watch.remove(self._tail.path, self._wake.set)

    def look(self) -> bool:
        """Publishes the next batch, if there is one, without waiting for the next wake-up."""
        try:
            batch = self._tail.look()
        except OSError as error:
            if not self._is_failing:
                _logger.warning("Cannot read %s: %s. Trying again.", self._tail.path.name, error)
            self._is_failing = True
            return False
        self._is_failing = False
        if batch is None:
            return False
        if batch.lines:
            self.newest_at = datetime.now(UTC)
            self._publish(batch)
        return True

    async def _publish_rest(self) -> None:
        is_more = True
        while is_more:
            await asyncio.sleep(0)
            is_more = self.look()

    def _renew_watch(self) -> None:
        """A folder that is made later, or made again, is watched from the next poll on."""
        if self._watch is not None:
            self._is_watched = self._watch.add(self._tail.path, self._wake.set)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._wake.wait()
        except TimeoutError:
            return
