"""The CPU seconds of a remote account, read now and then while somebody looks at pages."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from app.errors import HostingError
from app.hosting.budget import Urgency
from app.hosting.client import HostingClient
from app.models import CpuUsage

# They grow slowly, and a page that is left open all day is to cost little.
INTERVAL_SECONDS = 180.0
FAILED_SECONDS = 20.0

_log = logging.getLogger(__name__)


class CpuWatch:
    """One account. `usage` is what was read at `seen_at` (UTC), both None before that."""

    def __init__(
        self,
        client: HostingClient,
        is_watched: Callable[[], bool],
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self.usage: CpuUsage | None = None
        self.seen_at: datetime | None = None
        self._client = client
        self._is_watched = is_watched
        self._interval_seconds = interval_seconds
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            if self._is_watched():
                await asyncio.sleep(await self._look())
            else:
                self._wake.clear()
                await self._wake.wait()

    def look_soon(self) -> None:
        """Somebody looks at pages again."""
        self._wake.set()

    async def _look(self) -> float:
        """Returns the seconds until the next look. What is known stays when one fails."""
        try:
            self.usage = await self._client.cpu(Urgency.POLLING)
        except HostingError as error:
            _log.debug("The CPU seconds were not read: %s", error)
        except Exception:
            # A locked database, in which the token is kept, passes.
            _log.exception("Reading the CPU seconds failed; trying again.")
        else:
            self.seen_at = datetime.now(UTC)
            return self._interval_seconds
        return min(FAILED_SECONDS, self._interval_seconds)
