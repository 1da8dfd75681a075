"""How many errors each site had in the last 24 hours, kept up to date while its log grows.

Counted are tracebacks begun and lines whose own head says ERROR or above, in the live error log:
a rotation starts the count anew.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.logs.blocks import find_last_line_end, raw_lines
from app.logs.files import locate
from app.logs.hub import Listening, LogHub
from app.logs.identity import Cursor
from app.logs.lines import LineReader, counts_as_error
from app.logs.splitter import RawLine
from app.logs.tail import Batch
from app.logs.times import ArrivalIndex
from app.models import SiteKey

PERIOD = timedelta(hours=24)
_SCAN_BYTES = 16 * 1024 * 1024
_EXPIRY_SECONDS = 60.0
# Most lines of a log are none of these: they are not even decoded.
_MAY_BE_ERROR = re.compile(
    rb'ERROR|CRIT|FATAL|ALERT|EMERG|\(most recent call last\):|\A\{|" 5\d\d(?:\s|$)'
)


@dataclass(slots=True, eq=False)
class _Watched:
    """The errors of one site by minute since 1970, which bounds what is kept of a flood."""

    path: Path
    minutes: Counter[int] = field(default_factory=Counter)
    generation: int = 0
    reported: int | None = None
    listening: Listening | None = None


class ErrorCounter:
    """Calls `on_change(site_key, count)` on the loop whenever the count of a site is another."""

    def __init__(
        self,
        hub: LogHub,
        on_change: Callable[[SiteKey, int], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._hub = hub
        self._on_change = on_change
        self._now = now
        self._sites: dict[SiteKey, _Watched] = {}
        self._timer: asyncio.Task[None] | None = None

    async def watch(
        self, site_key: SiteKey, path: Path, times: Path | None = None, *, is_copy: bool = False
    ) -> None:
        """Counts what the log at `path` holds, then listens.

        Of a copy, the file's own time says nothing, so errors of unknown age do not count. Raises
        OSError if the log cannot be read; a missing one counts 0 and is waited for.
        """
        await self.unwatch(site_key)
        site = self._sites[site_key] = _Watched(path)
        if self._timer is None:
            self._timer = asyncio.create_task(self._expire_every_minute())
        listening = await self._hub.listen(path, lambda batch: self._receive(site_key, site, batch))
        if self._sites.get(site_key) is not site:
            listening.stop()
            return
        site.listening, site.generation = listening, max(site.generation, listening.generation)
        if listening.cursor is not None:
            since = self._now() - PERIOD
            found = await asyncio.to_thread(
                scan, path, times, listening.cursor, since, is_copy=is_copy
            )
            if site.generation == listening.generation:
                site.minutes.update(found)
        self._report(site_key, site)

    async def unwatch(self, site_key: SiteKey) -> None:
        site = self._sites.pop(site_key, None)
        if site is not None and site.listening is not None:
            site.listening.stop()

    def expire(self) -> None:
        """Forgets what is older than 24 hours, and the errors of a log that was deleted."""
        oldest = _minute(self._now() - PERIOD)
        for site_key, site in tuple(self._sites.items()):
            if _is_empty(site.path):
                site.minutes.clear()
            for minute in [minute for minute in site.minutes if minute < oldest]:
                del site.minutes[minute]
            if site.reported is not None:
                self._report(site_key, site)

    async def close(self) -> None:
        for site_key in tuple(self._sites):
            await self.unwatch(site_key)
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
            self._timer = None

    def _receive(self, site_key: SiteKey, site: _Watched, batch: Batch) -> None:
        if batch.generation != site.generation:
            site.generation = batch.generation
            site.minutes.clear()
        errors = sum(map(counts_as_error, batch.lines))
        if errors:
            site.minutes[_minute(self._now())] += errors
        if site.reported is not None:
            self._report(site_key, site)

    def _report(self, site_key: SiteKey, site: _Watched) -> None:
        count = site.minutes.total()
        if count != site.reported and self._sites.get(site_key) is site:
            site.reported = count
            self._on_change(site_key, count)

    async def _expire_every_minute(self) -> None:
        while True:
            await asyncio.sleep(_EXPIRY_SECONDS)
            self.expire()


def scan(
    path: Path, times: Path | None, end: Cursor, since: datetime, *, is_copy: bool = False
) -> Counter[int]:
    """The errors from `since` on in the bytes before `end`, by minute since 1970.

    Reads at most the last 16 MiB. Where the arrival index knows nothing, an error has the time it
    states, else that of the error before it, else the file's, unless that is a copy.
    """
    log = locate(path, times, end)
    if log is None:
        return Counter()
    try:
        with ArrivalIndex(log.times) as index:
            start = max(index.offset_at(since), end.offset - _SCAN_BYTES)
            start = find_last_line_end(log.descriptor, max(0, start))
            raws = raw_lines(log.descriptor, start, end.offset, flush=False)
            modified = datetime.fromtimestamp(os.fstat(log.descriptor).st_mtime, UTC)
            return _errors_by_minute(raws, index, since, modified, None if is_copy else modified)
    finally:
        os.close(log.descriptor)


def _errors_by_minute(
    raws: Iterable[RawLine],
    index: ArrivalIndex,
    since: datetime,
    latest: datetime,
    assumed: datetime | None,
) -> Counter[int]:
    """`latest` bounds what a line may state, `assumed` is the time of lines of unknown age."""
    minutes: Counter[int] = Counter()
    known: datetime | None = None
    for raw in raws:
        if _MAY_BE_ERROR.search(raw.head) is None:
            continue
        line = LineReader().read(raw, "", 0, None)
        if counts_as_error(line):
            known = index.time_at(raw.offset) or line.time or known
            if (time := known or assumed) is not None:
                time = min(time, latest)
                minutes[_minute(time)] += time >= since
    return minutes


def _minute(time: datetime) -> int:
    return int(time.timestamp() // 60)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True
