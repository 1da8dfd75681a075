"""How the store follows a remote account, and what it keeps when the account fails."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.hosting.attention import GLANCE_SECONDS, Attention
from app.hosting.changes import AccountChanged, AccountSeen, Changes, ListChanged
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.hosting.refresh import Pace, RemoteRefresh
from app.models import Site, SiteStatus
from app.store.database import Database
from app.store.sites import Sites
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.fakes.troubles import Trouble
from tests.hosting.conftest import REMOTE, SHORT, unhurried_governor, until
from tests.support import running

pytestmark = pytest.mark.anyio
FAST = Pace(watched=0.05, idle=60, failed=0.05, least=0.01)
SELDOM = Pace(watched=60, idle=60, failed=60, least=0.01)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SHOP, BLOG = "shop.example.org", "blog.example.org"


@dataclass
class Watched:
    """A refresh that runs, with short times, over a database of its own."""

    refresh: RemoteRefresh
    client: HostingClient
    known: KnownSites
    changes: Changes

    async def sites(self) -> dict[str, Site]:
        return {site.domain_name: site for site in await self.known.of_account(REMOTE.id)}

    async def until_status(self, domain: str, status: SiteStatus) -> Site:
        async def is_so() -> bool:
            site = (await self.sites()).get(domain)
            return site is not None and site.status is status

        await until(is_so)
        return (await self.sites())[domain]

    async def until_problem(self, words: str) -> None:
        async def is_so() -> bool:
            return words in self.refresh.problem

        await until(is_so)


class Rests:
    """Says whether somebody looks, and remembers what it said: a refresh asks once in a round."""

    def __init__(self, is_watched: Callable[[], bool]) -> None:
        self._is_watched = is_watched
        self._answers: list[bool] = []

    def __call__(self) -> bool:
        self._answers.append(self._is_watched())
        return self._answers[-1]

    async def until_unwatched(self) -> None:
        async def is_so() -> bool:
            return bool(self._answers) and not self._answers[-1]

        await until(is_so)

    async def until_more(self, rests: int) -> None:
        wanted = len(self._answers) + rests

        async def are_begun() -> bool:
            return len(self._answers) >= wanted

        await until(are_begun)


@asynccontextmanager
async def refreshing(
    fake: FakePythonAnywhere,
    folder: Path,
    pace: Pace = FAST,
    is_watched: Callable[[], bool] = lambda: True,
) -> AsyncIterator[Watched]:
    database = Database(folder / "sitedeck.db")
    database.execute(
        "INSERT OR IGNORE INTO accounts (id, kind, label, username) VALUES (?, ?, ?, ?)",
        (REMOTE.id, REMOTE.kind.value, REMOTE.label, REMOTE.username),
    )
    changes = Changes()
    known = KnownSites(Sites(database), changes)
    governor = unhurried_governor()
    client = HostingClient.remote(
        REMOTE, fake.address, lambda: TOKEN, governor=governor, deadlines=SHORT
    )
    refresh = RemoteRefresh(REMOTE, client, known, changes, is_watched=is_watched, pace=pace)
    try:
        async with running(refresh.run()):
            yield Watched(refresh, client, known, changes)
    finally:
        await client.close()
        database.close()


@pytest.fixture
async def watched(fake: FakePythonAnywhere, tmp_path: Path) -> AsyncIterator[Watched]:
    fake.limit = None
    fake.add_site(SHOP)
    fake.add_site(BLOG, enabled=False)
    async with refreshing(fake, tmp_path) as watched:
        await watched.until_status(SHOP, SiteStatus.RUNNING)
        yield watched


async def test_the_sites_of_an_account_are_kept(watched: Watched) -> None:
    sites = await watched.sites()
    assert sites[BLOG].status is SiteStatus.DISABLED
    assert sites[SHOP].command == "/bin/serve"
    assert sites[SHOP].url == f"https://{SHOP}"
    assert watched.refresh.seen_at is not None
    assert watched.refresh.problem == ""


async def test_sites_come_and_go_with_the_list(watched: Watched, fake: FakePythonAnywhere) -> None:
    with watched.changes.subscribe() as queue:
        fake.add_site("new.example.org")
        await watched.until_status("new.example.org", SiteStatus.RUNNING)
        changes = [queue.get_nowait() for _ in range(queue.qsize())]
    assert ListChanged() in changes
    before = (await watched.sites())[SHOP]
    site = fake.websites.pop(SHOP)
    gone = await watched.until_status(SHOP, SiteStatus.UNKNOWN)
    assert gone.is_gone
    assert (gone.command, gone.enabled) == (before.command, True)
    assert watched.refresh.problem == ""
    fake.websites[SHOP] = site
    assert await watched.until_status(SHOP, SiteStatus.RUNNING) == before


async def test_a_site_missing_from_one_list_only_is_not_gone(tmp_path: Path) -> None:
    database = Database(tmp_path / "sitedeck.db")
    database.execute("INSERT INTO accounts (id, kind, label, username) VALUES ('pa1', '', '', '')")
    sites = Sites(database)
    shop = Site(REMOTE.id, SHOP, "/x", True, SiteStatus.RUNNING, f"https://{SHOP}", NOW)
    shop, _ = sites.save(shop)
    for found in ([], [shop], []):
        sites.save_list(REMOTE.id, found, keep_missing=True)
        assert sites.get(*shop.key) == shop
    sites.save_list(REMOTE.id, [], keep_missing=True)
    gone = sites.get(*shop.key)
    assert gone is not None and gone.is_gone
    database.close()


async def test_a_failing_account_does_not_bring_a_gone_site_back(
    watched: Watched, fake: FakePythonAnywhere
) -> None:
    del fake.websites[SHOP]
    gone = await watched.until_status(SHOP, SiteStatus.UNKNOWN)
    fake.fail(Fault.HTML_502)
    await watched.until_status(BLOG, SiteStatus.UNKNOWN)
    assert (await watched.sites())[SHOP] == gone


async def test_an_account_is_read_seldom_while_nobody_looks(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.limit = None
    now = 0.0
    attention = Attention(lambda: now)
    rests = Rests(lambda: attention.is_paid)
    async with refreshing(fake, tmp_path, is_watched=rests) as watched:
        attention.on_return = watched.refresh.refresh_soon
        with attention.gaze():
            await until_lists(fake, 5)
        now = GLANCE_SECONDS
        await rests.until_unwatched()
        # Nothing tells that a long rest goes on but time: several short ones.
        lists = fake.count("websites")
        await asyncio.sleep(FAST.watched * 4)
        assert fake.count("websites") == lists
        attention.glance()
        await until_lists(fake, lists + 5)


async def test_a_host_that_failed_is_asked_again_soon_though_nobody_looks(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.limit = None
    fake.add_site(SHOP)
    fake.fail(Fault.HTML_502)
    async with refreshing(fake, tmp_path, is_watched=lambda: False) as watched:
        await watched.until_problem("502")
        fake.fail(None)
        await watched.until_status(SHOP, SiteStatus.RUNNING)


async def test_each_list_is_announced_with_its_time(watched: Watched) -> None:
    with watched.changes.subscribe() as queue:
        seen = await queue.get()
    assert seen == AccountSeen(REMOTE.id, watched.refresh.seen_at or NOW)


async def until_lists(fake: FakePythonAnywhere, count: int) -> None:
    async def are_read() -> bool:
        return fake.count("websites") >= count

    await until(are_read)


@pytest.mark.parametrize(
    "fault",
    [Fault.HTML, Fault.GARBAGE, Fault.EMPTY, Fault.RESET, Fault.HTML_502, Fault.HANG],
    ids=str,
)
async def test_a_failing_account_keeps_its_sites_as_unknown(
    watched: Watched, fake: FakePythonAnywhere, fault: Fault
) -> None:
    before = await watched.sites()
    fake.fail(fault)
    unknown = await watched.until_status(SHOP, SiteStatus.UNKNOWN)
    assert unknown.reason == watched.refresh.problem != ""
    assert (unknown.command, unknown.enabled) == (before[SHOP].command, True)
    assert (await watched.sites()).keys() == before.keys()
    seen_at = watched.refresh.seen_at
    fake.fail(None)
    known = await watched.until_status(SHOP, SiteStatus.RUNNING)
    assert known.reason == watched.refresh.problem == ""
    assert seen_at is not None and watched.refresh.seen_at is not None
    assert watched.refresh.seen_at > seen_at


async def test_one_failure_is_told_but_changes_no_site(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.add_site(SHOP)
    async with refreshing(fake, tmp_path, SELDOM) as watched:
        await watched.until_status(SHOP, SiteStatus.RUNNING)
        with watched.changes.subscribe() as queue:
            fake.fail(Fault.HTML_500)
            watched.refresh.refresh_soon()
            await watched.until_problem("500")
            assert await queue.get() == AccountChanged(REMOTE.id)
        assert (await watched.sites())[SHOP].status is SiteStatus.RUNNING
        watched.refresh.refresh_soon()
        await watched.until_status(SHOP, SiteStatus.UNKNOWN)


async def test_an_account_that_refuses_its_list_is_asked_seldom(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.add_site(SHOP)
    pace = replace(FAST, refused=60.0)
    async with refreshing(fake, tmp_path, pace) as watched:
        await watched.until_status(SHOP, SiteStatus.RUNNING)
        fake.trouble("list", *[Trouble.PLAN_LIMIT] * 100)
        await watched.until_problem("Your plan")
        lists = fake.count("websites")
        await asyncio.sleep(FAST.watched * 5)
        assert fake.count("websites") == lists


async def test_a_refused_token_ends_the_calls_until_somebody_resumes(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.limit = None
    fake.add_site(SHOP)
    rests = Rests(lambda: True)
    async with refreshing(fake, tmp_path, is_watched=rests) as watched:
        await watched.until_status(SHOP, SiteStatus.RUNNING)
        fake.token = "f" * 40
        await watched.until_status(SHOP, SiteStatus.UNKNOWN)
        assert "token" in watched.refresh.problem
        calls = len(fake.calls)
        watched.refresh.refresh_soon()
        await rests.until_more(4)
        assert len(fake.calls) == calls
        fake.token = TOKEN
        watched.refresh.resume()
        await watched.until_status(SHOP, SiteStatus.RUNNING)


async def test_a_list_read_during_a_change_does_not_undo_it(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.add_site(SHOP)
    async with refreshing(fake, tmp_path, SELDOM) as watched:
        site = await watched.until_status(SHOP, SiteStatus.RUNNING)
        seen_at = watched.refresh.seen_at
        fake.holds["PATCH"] = threading.Event()
        changing = asyncio.create_task(watched.client.set_enabled(SHOP, False))
        await watched.known.save(replace(site, enabled=False, status=SiteStatus.DISABLED))

        async def has_arrived() -> bool:
            return fake.calls[-1].method == "PATCH"

        await until(has_arrived)
        watched.refresh.refresh_soon()
        await until_lists(fake, fake.count("websites") + 1)
        fake.fail(Fault.HTML_500)
        watched.refresh.refresh_soon()
        await watched.until_problem("500")  # so the list before has been dealt with
        fake.fail(None)
        assert (await watched.sites())[SHOP].status is SiteStatus.DISABLED
        assert watched.refresh.seen_at == seen_at, "what was not kept was not seen"
        fake.holds["PATCH"].set()
        await changing
        fake.websites[SHOP]["enabled"] = True
        watched.refresh.refresh_soon()
        await watched.until_status(SHOP, SiteStatus.RUNNING)


async def test_after_a_restart_it_is_known_since_when_the_data_is(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.add_site(SHOP)
    async with refreshing(fake, tmp_path) as first:
        await first.until_status(SHOP, SiteStatus.RUNNING)
    fake.fail(Fault.HTML_500)
    async with refreshing(fake, tmp_path) as second:
        await second.until_problem("500")
        assert second.refresh.seen_at is not None


async def test_a_throttled_account_says_how_long_it_asked_to_wait(
    fake: FakePythonAnywhere, tmp_path: Path
) -> None:
    fake.limit = 1
    fake.add_site(SHOP)
    async with refreshing(fake, tmp_path) as watched:
        await watched.until_status(SHOP, SiteStatus.RUNNING)
        await watched.until_problem("asked to wait")
