"""The poller of remote logs: its pace, its viewers, and what it says when it fails."""

import asyncio
import threading
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from app.errors import InvalidInput
from app.hosting.slices import MAX_FILE_BYTES
from app.logs.hub import LogHub
from app.logs.remote.poller import PACE_SECONDS, PACES_PER_CHECK
from app.models import LogKind
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere, fake_pythonanywhere
from tests.hosting.conftest import until
from tests.logs.remote_kit import DOMAIN, ERROR, FAST, OTHER, Account, as_condition, remote_logs
from tests.logs.support import Reader, render_texts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.EMPTY, Fault.RESET, Fault.HANG], ids=str)
async def test_a_failing_api_harms_no_copy_and_is_said_so(account: Account, fault: Fault) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await account.until_copy(b"one\n")
        account.fake.fail(fault)
        await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
        assert account.copy() == b"one\n"
        account.fake.write_log(DOMAIN, b"two\n")
        mended_at = time.monotonic()
        account.fake.fail(None)
        await account.until_copy(b"one\ntwo\n")
        await until(as_condition(lambda: not account.logs.problem(DOMAIN, LogKind.ERROR)), "none")
        age = account.logs.age(DOMAIN, LogKind.ERROR)
        assert age is not None and age <= time.monotonic() - mended_at


async def test_a_refused_token_is_tried_again_when_told_to(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    account.fake.token = "f" * 40
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
        problem = account.logs.problem(DOMAIN, LogKind.ERROR)
        assert "token" in problem
        assert "Next try" not in problem
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


async def test_a_log_that_is_too_large_holds_up_no_other(tmp_path: Path) -> None:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.write_log(DOMAIN, bytes(MAX_FILE_BYTES + 1))
        fake.write_log(OTHER, b"one\n")
        async with remote_logs(fake, tmp_path) as logs, AsyncExitStack() as watching:
            for domain in (DOMAIN, OTHER):
                await watching.enter_async_context(logs.watch(domain, LogKind.ERROR))
            await until(as_condition(lambda: calls_for(fake, OTHER) >= 20), "calls for the other")
            problem = logs.problem(DOMAIN, LogKind.ERROR)
            assert not logs.problem(OTHER, LogKind.ERROR)
    assert "larger than 32 MiB" in problem
    assert problem.endswith("Next try in 60 s.")
    assert calls_for(fake, DOMAIN) == 1


def calls_for(fake: FakePythonAnywhere, domain: str) -> int:
    return sum(call.path.endswith(f"/{domain}.error.log") for call in fake.calls)


async def test_ten_viewers_of_a_log_cost_as_many_calls_as_one(tmp_path: Path) -> None:
    """At a pace forty times as fast: what takes a minute then takes a second and a half."""
    assert 60 / PACE_SECONDS <= 30
    pace = PACE_SECONDS / 40
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.write_log(DOMAIN, b"one\n")
        async with remote_logs(fake, tmp_path, pace) as logs, AsyncExitStack() as all:
            for _ in range(10):
                await all.enter_async_context(logs.watch(DOMAIN, LogKind.ERROR))
            await until(as_condition(lambda: fake.count("files") >= 20), "calls")
    assert usual_gap(fake) >= pace * 0.9


async def test_the_look_that_somebody_waits_for_comes_before_the_others(tmp_path: Path) -> None:
    """As after a click: with ten logs watched, its turn would come after the ten others."""
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.files.knows_ranges = True
        others = [f"site{number}.example.org" for number in range(10)]
        for domain in (DOMAIN, *others):
            fake.write_log(domain, b"one\n")
        async with remote_logs(fake, tmp_path, pace=0.02) as logs, AsyncExitStack() as all:
            for domain in (DOMAIN, *others):
                await all.enter_async_context(logs.watch(domain, LogKind.ERROR))
            await logs.next_look(DOMAIN, LogKind.ERROR)
            before = fake.count("files")
            await logs.next_look(DOMAIN, LogKind.ERROR)
            # One other may have been under way, and one more begun before the answer is read.
            assert fake.count("files") - before <= 3


async def test_a_look_that_was_on_its_way_is_not_the_next_one(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    hold = account.fake.holds["GET"] = threading.Event()
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(lambda: account.fake.count("files")), "the look")
        waiting = asyncio.create_task(account.logs.next_look(DOMAIN, LogKind.ERROR))
        await asyncio.sleep(0)
        hold.set()
        await waiting
    assert account.fake.count("files") == 2


async def test_a_look_that_was_on_its_way_is_enough_for_who_says_so(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    hold = account.fake.holds["GET"] = threading.Event()
    async with account.logs.watch(DOMAIN, LogKind.ERROR):
        await until(as_condition(lambda: account.fake.count("files")), "the look")
        look = account.logs.next_look(DOMAIN, LogKind.ERROR, may_have_begun=True)
        waiting = asyncio.create_task(look)
        await asyncio.sleep(0)
        hold.set()
        await waiting
        assert account.copy() == b"one\n"


async def test_checks_of_many_logs_do_not_hold_up_the_one_that_is_watched(tmp_path: Path) -> None:
    """With all checks due at once, they take one of many calls. A pace passes with every call."""
    with fake_pythonanywhere() as fake:
        fake.limit = None
        # Whole files are asked for less often.
        fake.files.knows_ranges = True
        others = [f"site{number}.example.org" for number in range(20)]
        for domain in (DOMAIN, *others):
            fake.write_log(domain, b"one\n")

        def clock() -> float:
            return float(fake.count("files"))

        async with (
            remote_logs(fake, tmp_path, pace=1.0, clock=clock) as logs,
            AsyncExitStack() as all,
        ):
            await all.enter_async_context(logs.watch(DOMAIN, LogKind.ERROR))
            await until(as_condition(lambda: fake.count("files")), "the first look")
            checks = [logs.check(domain, LogKind.ERROR) for domain in others]
            tasks = [asyncio.create_task(all.enter_async_context(check)) for check in checks]
            await until(as_condition(lambda: len(places_of_checks(fake)) >= 4), "four checks")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert all_at_least(PACES_PER_CHECK - 1, places_of_checks(fake))


def places_of_checks(fake: FakePythonAnywhere) -> list[int]:
    """Which of the calls were made for other logs than the watched one."""
    path = f"/{DOMAIN}.error.log"
    return [place for place, call in enumerate(fake.calls) if not call.path.endswith(path)]


def all_at_least(least: int, places: list[int]) -> bool:
    return all(later - one >= least for one, later in pairwise(places))


async def test_a_log_that_is_only_checked_is_read_seldom(account: Account) -> None:
    account.fake.write_log(DOMAIN, b"one\n")
    account.fake.write_log(OTHER, b"two\n")
    async with account.logs.check(DOMAIN, LogKind.ERROR):
        assert account.copy() == b"one\n"
        account.fake.write_log(DOMAIN, b"more\n")
        async with account.logs.watch(OTHER, LogKind.ERROR):
            await until(as_condition(lambda: account.fake.count("files") >= 10), "calls")
        assert account.copy() == b"one\n"
        # Somebody opens it: it is read at once.
        async with account.logs.watch(DOMAIN, LogKind.ERROR):
            await account.until_copy(b"one\nmore\n")


async def test_a_checked_log_is_read_again_in_time(tmp_path: Path) -> None:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        async with remote_logs(fake, tmp_path, seldom=0.05) as logs:
            account = Account(fake, logs)
            async with logs.check(DOMAIN, LogKind.ERROR):
                fake.write_log(DOMAIN, b"one\n")
                await account.until_copy(b"one\n")


async def test_a_check_begins_when_the_log_could_be_read(account: Account) -> None:
    account.fake.fail(Fault.HTML_502)
    begun = asyncio.Event()

    async def check() -> None:
        async with account.logs.check(DOMAIN, LogKind.ERROR):
            begun.set()

    task = asyncio.create_task(check())
    await until(as_condition(lambda: account.logs.problem(DOMAIN, LogKind.ERROR)), "words")
    assert not begun.is_set()
    account.fake.fail(None)
    await asyncio.wait_for(begun.wait(), 10)
    await task


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
    assert usual_gap(account.fake) >= FAST * 0.9


def usual_gap(fake: FakePythonAnywhere) -> float:
    """Seconds from one call to the next, the median."""
    return median(later.at - one.at for one, later in pairwise(fake.calls))


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


@pytest.mark.parametrize("domain", ["../../etc/passwd", "a/b.example.org", "", "x" * 300])
async def test_a_domain_that_is_no_host_name_never_becomes_a_path(
    account: Account, domain: str
) -> None:
    with pytest.raises(InvalidInput):
        async with account.logs.watch(domain, LogKind.ERROR):
            raise AssertionError("it was taken")
