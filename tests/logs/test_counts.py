"""Errors of the last 24 hours are counted from the file and kept while the log grows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.logs.counts import ErrorCounter
from app.logs.hub import LogHub
from app.models import SiteKey
from tests.logs.support import render_texts

pytestmark = pytest.mark.anyio

KEY = ("local", "hello.localhost")
ERROR = "ERROR:    Exception in ASGI application\n"
TRACEBACK = 'Traceback (most recent call last):\n  File "x", line 1\nKeyError: 0\n'


class Counts:
    """Remembers what was reported, and a clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.reported: list[int] = []
        self._changed = asyncio.Event()

    def change(self, site_key: SiteKey, count: int) -> None:
        assert site_key == KEY
        self.reported.append(count)
        self._changed.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while not self.reported or self.reported[-1] != count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
async def counter(counts: Counts) -> AsyncIterator[ErrorCounter]:
    hub = LogHub(render_texts)
    counter = ErrorCounter(hub, counts.change, lambda: counts.now)
    yield counter
    await counter.close()
    assert hub.followed == 0
    await hub.close()


def append(path: Path, text: str) -> None:
    with path.open("a") as log:
        log.write(text)


async def test_what_the_log_holds_is_counted_then_what_it_gets(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    append(path, "INFO:     started\n" + ERROR + TRACEBACK + "WARNING: slow\n")
    await counter.watch(KEY, path)
    assert counts.reported == [2]
    append(path, "no error\nCRITICAL: out of memory\n" + TRACEBACK)
    await counts.until(4)


async def test_errors_of_before_yesterday_do_not_count(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path, times = tmp_path / "error.log", tmp_path / "times"
    append(path, ERROR * 3 + ERROR * 2)
    now = counts.now.timestamp()
    times.write_text(f"0 {now - 90_000:.3f}\n{len(ERROR) * 3} {now - 3600:.3f}\n")
    await counter.watch(KEY, path, times)
    assert counts.reported == [2]
    counts.now += timedelta(hours=24)
    counter.expire()
    assert counts.reported == [2, 0]


async def test_without_an_index_the_times_of_the_lines_decide(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    for hours in (30, 25, 2):
        stamp = counts.now - timedelta(hours=hours)
        append(path, f"{stamp:%Y-%m-%d %H:%M:%S},000 ERROR broken\n{TRACEBACK}")
    await counter.watch(KEY, path)
    assert counts.reported == [2]


async def test_live_errors_expire_too(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    path.touch()
    await counter.watch(KEY, path)
    append(path, ERROR)
    await counts.until(1)
    counts.now += timedelta(hours=23)
    counter.expire()
    append(path, ERROR)
    await counts.until(2)
    counts.now += timedelta(hours=2)
    counter.expire()
    assert counts.reported == [0, 1, 2, 1]


async def test_a_rotation_starts_the_count_anew(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    append(path, ERROR * 5)
    await counter.watch(KEY, path)
    path.rename(tmp_path / "error.log.1")
    append(path, ERROR)
    await counts.until(1)
    assert counts.reported == [5, 1]


async def test_a_deleted_log_has_no_errors(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    append(path, ERROR)
    await counter.watch(KEY, path)
    path.unlink()
    counter.expire()
    assert counts.reported == [1, 0]


async def test_a_log_that_does_not_exist_yet_counts_nothing_until_it_does(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    await counter.watch(KEY, path)
    append(path, TRACEBACK)
    await counts.until(1)
    assert counts.reported == [0, 1]


async def test_a_site_that_is_no_longer_watched_reports_nothing(
    tmp_path: Path, counts: Counts, counter: ErrorCounter
) -> None:
    path = tmp_path / "error.log"
    path.touch()
    await counter.watch(KEY, path)
    await counter.unwatch(KEY)
    append(path, ERROR)
    counter.expire()
    assert counts.reported == [0]


async def test_in_a_copy_only_errors_of_known_age_count(
    counter: ErrorCounter, counts: Counts, tmp_path: Path
) -> None:
    log = tmp_path / "hello.localhost.error.log"
    stated = f"{counts.now:%Y-%m-%d %H:%M:%S} ERROR It failed\n"
    log.write_text(ERROR * 3 + stated)
    await counter.watch(KEY, log, is_copy=True)
    assert counts.reported == [1]
    append(log, ERROR)
    await counts.until(2)
