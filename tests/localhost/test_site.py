"""One site under supervision, driven without a daemon around it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.errors import NotFound
from app.localhost.launch import Launcher
from app.localhost.paths import HostPaths
from app.localhost.processes import start_of
from app.localhost.records import read_record
from app.localhost.site import ManagedSite, SiteIsDisabled, SiteSeams
from app.localhost.specs import SiteSpec, SpecStore
from app.models import HostState
from tests.localhost.host_kit import DEADLINE, HELLO, PID_SITE, LocalHost

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(short_path: Path) -> AsyncIterator[ManagedSite]:
    """An enabled site, not begun; its process is ended afterwards."""
    paths = HostPaths(short_path / "host")
    paths.prepare()
    command = LocalHost(paths.folder, short_path).program(PID_SITE)
    seams = SiteSeams(Launcher(paths, 1.0, 0o022), SpecStore(paths), 5.0, lambda site: None)
    site = ManagedSite(SiteSpec(1, HELLO, command), seams)
    yield site
    await site.hold()


async def reached(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)


async def test_off_and_on_within_one_moment_restarts_the_process(site: ManagedSite) -> None:
    site.begin()
    assert await site.wait_until_ready(DEADLINE)
    first = site.pid
    site.set_enabled(False)
    site.set_enabled(True)
    assert site.state is HostState.STARTING
    assert await site.wait_until_ready(DEADLINE)
    assert site.pid not in (None, first)


async def test_waiting_ends_when_the_site_answers_or_time_runs_out(site: ManagedSite) -> None:
    assert not await site.wait_until_ready(0.01)
    site.begin()
    assert await site.wait_until_ready(DEADLINE)
    assert site.state is HostState.RUNNING
    assert await site.wait_until_ready(0)


async def test_waiting_ends_when_the_site_is_disabled(site: ManagedSite) -> None:
    waiting = asyncio.create_task(site.wait_until_ready(DEADLINE))
    await asyncio.sleep(0)
    site.set_enabled(False)
    assert await waiting is False
    with pytest.raises(SiteIsDisabled):
        site.reload()


async def test_several_reloads_at_once_are_one(site: ManagedSite) -> None:
    site.begin()
    await site.wait_until_ready(DEADLINE)
    generation = site.generation
    for _ in range(5):
        site.reload()
    assert await site.wait_until_ready(DEADLINE)
    assert site.generation == generation + 1


async def test_a_site_that_is_held_takes_no_more_orders(site: ManagedSite) -> None:
    site.begin()
    await site.wait_until_ready(DEADLINE)
    await site.hold()
    assert site.pid is None
    for order in (site.reload, lambda: site.set_enabled(False)):
        with pytest.raises(NotFound):
            order()


async def test_an_order_while_the_process_starts_is_kept(site: ManagedSite) -> None:
    site.begin()
    await asyncio.sleep(0)
    site.set_enabled(False)
    await reached(lambda: site.state is HostState.DISABLED)
    assert site.pid is None
    site.set_enabled(True)
    assert await site.wait_until_ready(DEADLINE)


async def test_runs_leave_no_descriptor_and_no_zombie_behind(
    site: ManagedSite, short_path: Path
) -> None:
    before = os.listdir("/proc/self/fd")
    site.begin()
    await site.wait_until_ready(DEADLINE)
    for _ in range(3):
        site.reload()
        await site.wait_until_ready(DEADLINE)
    paths = HostPaths(short_path / "host")
    record = read_record(paths.record_file(HELLO))
    await site.hold()
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert record is not None
    # A zombie would still have a start.
    assert start_of(record.shim.pid) == ""


async def test_a_detached_site_goes_on_and_is_adopted(site: ManagedSite) -> None:
    site.begin()
    await site.wait_until_ready(DEADLINE)
    pid = site.pid
    await site.detach()
    heir = ManagedSite(site.spec, site._seams)
    heir.begin()
    assert await heir.wait_until_ready(DEADLINE)
    assert heir.pid == pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await reached(lambda: heir.pid not in (None, pid))
    await heir.hold()
