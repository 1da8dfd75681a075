"""Logs of a remote account: copied while they are watched, through everything they may do."""

import asyncio
import os
import threading
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.hosting.slices import MAX_SLICE_BYTES
from app.logs.remote.mirror import MAX_LIVE_BYTES, MirroredLog
from app.logs.remote.unused import UNUSED_SECONDS
from app.logs.times import ArrivalIndex
from app.models import LogKind
from tests.fakes.faults import Fault
from tests.fakes.files import log_path
from tests.hosting.conftest import until
from tests.logs.remote_kit import DOMAIN, ERROR, OTHER, Account, as_condition, remote_logs

pytestmark = pytest.mark.anyio


async def test_a_watched_log_is_copied_as_it_grows(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.write_log(DOMAIN, b"two\nhalf a li")
        await account.until_copy(b"one\ntwo\nhalf a li")
        account.fake.write_log(DOMAIN, b"ne\n")
        await account.until_copy(b"one\ntwo\nhalf a line\n")
    path = account.logs.log(DOMAIN, ERROR)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_nothing_is_fetched_while_nobody_watches(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
    calls = account.fake.count("files")
    # Long enough for many looks at this pace; one may have been under way.
    await asyncio.sleep(0.2)
    assert account.fake.count("files") <= calls + 1


async def test_what_came_while_nobody_watched_is_fetched_later(
    account: Account, tmp_path: Path
) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
    await account.logs.close()
    account.fake.write_log(DOMAIN, b"two\n")
    async with remote_logs(account.fake, tmp_path) as logs:
        again = Account(account.fake, logs)
        async with logs.watch(DOMAIN, LogKind.ERROR):
            await again.until_copy(b"one\ntwo\n")


async def test_a_log_that_does_not_exist_yet_is_empty_and_waited_for(account: Account) -> None:
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_looked()
        assert account.logs.problem(DOMAIN, LogKind.ERROR) == ""
        assert account.logs.age(DOMAIN, LogKind.ERROR) is not None
        account.fake.write_log(DOMAIN, b"one\n")
        await account.until_copy(b"one\n")


async def test_a_rotation_loses_and_repeats_nothing(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.fail(Fault.HTML_502)
        account.fake.write_log(DOMAIN, b"two, never seen alive\n")
        account.fake.files.rotate(DOMAIN)
        account.fake.write_log(DOMAIN, b"three, in a new file that is longer than the old one\n")
        account.fake.fail(None)
        await account.until_copy(b"three, in a new file that is longer than the old one\n")
        await account.until_copy(b"one\ntwo, never seen alive\n", index=1)


async def test_a_rotation_seen_before_there_is_a_new_file_is_finished_too(
    account: Account,
) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.fail(Fault.HTML_502)
        account.fake.write_log(DOMAIN, b"two\n")
        account.fake.files.rotate(DOMAIN)
        account.fake.fail(None)
        await account.until_copy(b"one\ntwo\n", index=1)
        account.fake.write_log(DOMAIN, b"three\n")
        await account.until_copy(b"three\n")
        assert account.copy(index=1) == b"one\ntwo\n"


async def test_a_truncated_log_begins_anew(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\ntwo\nthree\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\ntwo\nthree\n")
        account.fake.files.contents[log_path(DOMAIN)] = b""
        await until(as_condition(lambda: account.copy() == b""), "the empty log")
        account.fake.write_log(DOMAIN, b"four\n")
        await account.until_copy(b"four\n")


async def test_a_log_that_vanishes_is_empty_until_it_is_back(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        del account.fake.files.contents[log_path(DOMAIN)]
        await account.until_copy(b"")
        account.fake.write_log(DOMAIN, b"one\n")
        await account.until_copy(b"one\n")


async def test_of_a_large_log_the_end_is_copied(account: Account) -> None:
    line = b"x" * 99 + b"\n"
    account.fake.write_log(DOMAIN, line * 100_000)
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        looked = as_condition(lambda: account.logs.age(DOMAIN, LogKind.ERROR) is not None)
        await until(looked, "the end of the first look")
        account.fake.write_log(DOMAIN, b"the newest line\n")
        # A host that always sends ten megabytes would be left alone for a while.
        account.logs.resume()
        await until(as_condition(lambda: account.copy().endswith(b"newest line\n")), "its end")
        copy = account.copy()
    assert len(copy) <= (
        2 * MAX_SLICE_BYTES if account.fake.files.knows_ranges else MAX_LIVE_BYTES + 100
    )
    assert set(copy.splitlines()) == {line.strip(), b"the newest line"}


async def test_times_of_arrival_are_kept_for_what_came_while_watching(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.write_log(DOMAIN, b"two\n")
        await account.until_copy(b"one\ntwo\n")
    with ArrivalIndex(account.logs.times(DOMAIN, ERROR)) as index:
        assert index.time_at(0) is None
        arrived = index.time_at(4)
    assert arrived is not None
    assert abs(datetime.now(UTC) - arrived) < timedelta(seconds=10)


async def test_a_forgotten_log_leaves_nothing_behind(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
    await account.logs.forget(DOMAIN, LogKind.ERROR)
    folder = account.logs.log(DOMAIN, ERROR).parent
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_look_under_way_does_not_bring_a_forgotten_log_back(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    account.fake.write_log(OTHER, b"two\n")
    hold = account.fake.holds["GET"] = threading.Event()
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(lambda: account.fake.count("files")), "the look")
    await account.logs.forget(DOMAIN, LogKind.ERROR)
    hold.set()
    # Logs are looked at one after the other, so the look that was held is over by then.
    async with account.logs.watch(OTHER, LogKind.ERROR):
        await account.until_copy(b"two\n", domain=OTHER)
    assert not account.logs.log(DOMAIN, ERROR).exists()


async def test_a_copy_that_is_being_written_to_a_slow_disk_is_forgotten_too(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, release, written = threading.Event(), threading.Event(), threading.Event()
    append = MirroredLog.append

    def slow_append(mirror: MirroredLog, data: bytes, arrived: bool = True) -> None:
        begun.set()
        release.wait()
        append(mirror, data, arrived)
        written.set()

    monkeypatch.setattr(MirroredLog, "append", slow_append)
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(begun.is_set), "the disk")
        del account.fake.files.contents[log_path(DOMAIN)]
        forgetting = asyncio.create_task(account.logs.forget(DOMAIN, LogKind.ERROR))
        # One that does not wait for the disk would be over by then.
        await asyncio.wait({forgetting}, timeout=0.2)
        release.set()
        await forgetting
        await until(as_condition(written.is_set), "the disk")
    assert account.copy() == account.copy(index=1) == b""


async def test_copies_that_have_not_grown_for_a_month_are_deleted(
    account: Account, tmp_path: Path
) -> None:
    async with AsyncExitStack() as watching:
        for domain in (DOMAIN, OTHER):
            account.fake.write_log(domain, b"one\n")
            await watching.enter_async_context(account.logs.watch(domain, LogKind.ERROR))
            await account.until_copy(b"one\n", domain=domain)
        account.fake.files.rotate(DOMAIN)
        await account.until_copy(b"one\n", index=1)
    await account.logs.close()
    month_ago = time.time() - UNUSED_SECONDS - 60
    os.utime(account.logs.log(OTHER, ERROR), (month_ago, month_ago))
    async with remote_logs(account.fake, tmp_path) as logs, logs.watch(DOMAIN, LogKind.ERROR):
        again = Account(account.fake, logs)
        assert again.copy(domain=OTHER) == b""
        assert not logs.times(OTHER, ERROR).exists()
        assert again.copy(index=1) == b"one\n"


async def test_two_who_open_a_log_at_once_share_one_copy(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    opened: list[Path] = []
    begin = MirroredLog.__init__

    def note(mirror: MirroredLog, path: Path, times: Path) -> None:
        opened.append(path)
        begin(mirror, path, times)

    async with AsyncExitStack() as watching:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(MirroredLog, "__init__", note)
            both = (account.logs.watch(DOMAIN, LogKind.ERROR) for _ in range(2))
            await asyncio.gather(*map(watching.enter_async_context, both))
        await account.until_copy(b"one\n")
    assert opened == [account.logs.log(DOMAIN, ERROR)]
