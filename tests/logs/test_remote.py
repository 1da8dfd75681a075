"""Logs of a remote account: copied while they are watched, through everything they may do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.hosting.client import HostingClient
from app.hosting.slices import MAX_SLICE_BYTES
from app.logs.hub import LogHub
from app.logs.remote.mirror import MAX_LIVE_BYTES, MirroredLog
from app.logs.remote.poller import PACE_SECONDS, RemoteLogs
from app.logs.times import ArrivalIndex
from app.models import LogKind, LogName
from tests.fakes.faults import Fault
from tests.fakes.files import log_path
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere, fake_pythonanywhere
from tests.hosting.conftest import REMOTE, SHORT, unhurried_governor, until
from tests.logs.support import Reader, render_texts

pytestmark = pytest.mark.anyio
DOMAIN, OTHER = "shop.example.org", "blog.example.org"
ERROR = LogName(LogKind.ERROR)
FAST = 0.01


@dataclass
class Account:
    """A fake account and the copies of its logs."""

    fake: FakePythonAnywhere
    logs: RemoteLogs

    def copy(self, domain: str = DOMAIN, index: int = 0) -> bytes:
        path = self.logs.log(domain, LogName(LogKind.ERROR, index))
        return path.read_bytes() if path.exists() else b""

    async def until_copy(self, content: bytes, index: int = 0, domain: str = DOMAIN) -> None:
        await until(as_condition(lambda: self.copy(domain, index) == content), repr(content[:80]))

    async def until_looked(self) -> None:
        """Until a look that began after this has ended."""
        calls = self.fake.count("files")
        await until(as_condition(lambda: self.fake.count("files") >= calls + 2), "another look")


def as_condition(look: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def condition() -> object:
        return look()

    return condition


@asynccontextmanager
async def remote_logs(
    fake: FakePythonAnywhere, folder: Path, pace: float = FAST
) -> AsyncIterator[RemoteLogs]:
    client = HostingClient.remote(
        REMOTE, fake.address, lambda: TOKEN, governor=unhurried_governor(), deadlines=SHORT
    )
    logs = RemoteLogs(client, folder / "remote" / REMOTE.id, pace_seconds=pace)
    try:
        yield logs
    finally:
        await logs.close()
        await client.close()


@pytest.fixture(params=[False, True], ids=["whole files", "ranges"])
async def account(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Account]:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.files.knows_ranges = request.param
        async with remote_logs(fake, tmp_path) as logs:
            yield Account(fake, logs)


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


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.EMPTY, Fault.RESET, Fault.HANG], ids=str)
async def test_a_failing_api_harms_no_copy_and_is_said_so(account: Account, fault: Fault) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.fail(fault)
        await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
        assert account.copy() == b"one\n"
        account.fake.write_log(DOMAIN, b"two\n")
        account.fake.fail(None)
        await account.until_copy(b"one\ntwo\n")
        await until(as_condition(lambda: not account.logs.problem(DOMAIN, LogKind.ERROR)), "none")
        age = account.logs.age(DOMAIN, LogKind.ERROR)
        assert age is not None and age < 10


async def test_a_refused_token_is_tried_again_when_told_to(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    account.fake.token = "f" * 40
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
        assert "token" in account.logs.problem(DOMAIN, LogKind.ERROR)
        account.fake.token = TOKEN
        account.logs.resume()
        await account.until_copy(b"one\n")


async def test_a_disk_that_refuses_the_copy_is_said_so(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    times = account.logs.times(DOMAIN, ERROR).parent
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        times.rename(times.with_name("away"))
        times.write_text("in the way")
        account.fake.write_log(DOMAIN, b"two\n")
        await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
        assert "could not be written" in account.logs.problem(DOMAIN, LogKind.ERROR)
        times.unlink()
        times.with_name("away").rename(times)
        account.logs.resume()
        await account.until_copy(b"one\ntwo\n")


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


async def test_ten_viewers_of_a_log_cost_as_many_calls_as_one(tmp_path: Path) -> None:
    """At a pace forty times as fast: what takes a minute then takes a second and a half."""
    assert 60 / PACE_SECONDS <= 30
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.write_log(DOMAIN, b"one\n")
        async with remote_logs(fake, tmp_path, PACE_SECONDS / 40) as logs, AsyncExitStack() as all:
            for _ in range(10):
                await all.enter_async_context(logs.watch(DOMAIN, LogKind.ERROR))
            await asyncio.sleep(1.5)
    assert 10 <= fake.count("files") <= 36


async def test_several_logs_share_the_pace_in_turn(account: Account) -> None:
    async with AsyncExitStack() as watching:
        for domain in (DOMAIN, OTHER):
            account.fake.write_log(domain, domain.encode() + b"\n")
            await watching.enter_async_context(account.logs.watch(domain, LogKind.ERROR))
        for domain in (DOMAIN, OTHER):
            await account.until_copy(domain.encode() + b"\n", domain=domain)
        await until(as_condition(lambda: account.fake.count("files") >= 20), "calls")
    paths = [call.path.rpartition("/")[2] for call in account.fake.calls]
    assert abs(paths.count(f"{DOMAIN}.error.log") - paths.count(f"{OTHER}.error.log")) <= 2
    gaps = [
        later.at - one.at
        for one, later in zip(account.fake.calls, account.fake.calls[1:], strict=False)
    ]
    assert sorted(gaps)[len(gaps) // 2] >= FAST * 0.9


async def test_viewers_of_the_hub_see_a_remote_log_through_its_rotation(account: Account) -> None:
    hub = LogHub(render_texts)
    path, times = account.logs.log(DOMAIN, ERROR), account.logs.times(DOMAIN, ERROR)
    try:
        async with account.logs.watch(DOMAIN, LogKind.ERROR):
            reader = await Reader(hub, path, times=times).opened()
            account.fake.write_log(DOMAIN, b"one\n")
            await reader.until_lines(1)
            account.fake.write_log(DOMAIN, b"two\n")
            account.fake.files.rotate(DOMAIN)
            account.fake.write_log(DOMAIN, b"three\n")
            await reader.until_lines(3)
            assert reader.lines == ["one", "two", "three"]
            assert len(reader.named("rotated")) == 1
            await reader.leave()
    finally:
        await hub.close()


async def test_a_forgotten_log_leaves_nothing_behind(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
    await account.logs.forget(DOMAIN, LogKind.ERROR)
    folder = account.logs.log(DOMAIN, ERROR).parent
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("domain", ["../../etc/passwd", "a/b.example.org", "", "x" * 300])
async def test_a_domain_that_is_no_host_name_never_becomes_a_path(
    account: Account, domain: str
) -> None:
    with pytest.raises(InvalidInput):
        async with account.logs.watch(domain, LogKind.ERROR):
            raise AssertionError("it was taken")


def test_a_copy_turns_over_at_a_line_end_and_stays_bounded(tmp_path: Path) -> None:
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times, max_bytes=1000)
    mirror.begin_anew()
    written = b""
    for number in range(100):
        written += (line := b"line %03d of this log\n" % number)
        mirror.append(line)
        assert path.stat().st_size <= 1000
    assert mirror.position == len(written)
    rotated = path.with_name("x.error.log.1").read_bytes()
    assert rotated.endswith(b"\n")
    assert written.endswith(rotated + path.read_bytes())
    assert mirror.continues(written[-mirror.overlap :], mirror.position - mirror.overlap)
    reopened = MirroredLog(path, times, max_bytes=1000)
    assert reopened.position == mirror.position
    assert reopened.continues(written + b"more", 0)
    assert not reopened.continues(b"X" + written[1:], 0)
    assert not reopened.continues(b"X" * 64, reopened.position - 64)


def test_a_broken_state_makes_the_copy_begin_anew(tmp_path: Path) -> None:
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times)
    mirror.begin_anew()
    mirror.append(b"one\n")
    for broken in ("", "[]", '{"base": 1, "head": "no hex", "tail": ""}'):
        (tmp_path / "x.times.json").write_text(broken)
        assert MirroredLog(path, times).position == 0
