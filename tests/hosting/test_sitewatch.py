"""Enabled remote sites are asked from time to time, and what comes of it is their status."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import SiteBusy
from app.hosting.changes import Changes, SiteChanged
from app.hosting.known import KnownSites
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import SiteWatch, WatchPace, judge
from app.models import Answer, Check, Crash, Site, SiteKey, SiteStatus
from app.store.accounts import Accounts
from app.store.checks import Checks
from app.store.database import Database
from app.store.sites import Sites
from tests.hosting.conftest import NOW, REMOTE, SHOP, until
from tests.support import running

pytestmark = pytest.mark.anyio
GOOD = Answer(200, 0.3)


@dataclass
class Log:
    """A site's error log, as far as a verdict reads it. `late` is seen when it is read again."""

    new: str = ""
    old: str = ""
    late: str = ""
    text: str = "as written"
    is_read: bool = True

    async def ready(self) -> None:
        if not self.is_read:
            await asyncio.Event().wait()

    async def read_again(self) -> None:
        await self.ready()
        self.new = self.new or self.late

    async def newest(self) -> Crash | None:
        return Crash(self.new, self.text) if self.new else None

    async def last_words(self) -> Crash | None:
        return Crash(self.new or self.old) if self.new or self.old else None


class Place:
    """A store with remote sites, and a world in which they answer what a test says."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "sitedeck.db")
        self.accounts = Accounts(self.database)
        self.accounts.add(REMOTE, "")
        self.changes = Changes()
        self.known = KnownSites(Sites(self.database), self.changes)
        self.checks = Checks(self.database)
        self.result: Answer | Silence | Unasked = GOOD
        self.asked: list[str] = []
        self.person = WatchPace().person
        self.log = Log()
        self.log_seconds = 0.1

    async def ask(self, url: str) -> Answer | Silence | Unasked:
        self.asked.append(url)
        return self.result

    @asynccontextmanager
    async def log_of(self, key: SiteKey) -> AsyncIterator[Log]:
        yield self.log

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[SiteWatch]:
        pace = WatchPace(step=0.01, second_look=0.02, person=self.person, log=self.log_seconds)
        watch = SiteWatch(
            self.ask,
            self.known,
            self.checks,
            self.accounts.check_intervals,
            self.log_of,
            pace,
        )
        async with running(watch.run()):
            yield watch

    async def until_status(self, status: SiteStatus) -> Site:
        async def is_so() -> bool:
            return (await self.shop()).status is status

        await until(is_so, f"{status}")
        return await self.shop()

    async def until_asked(self, times: int) -> None:
        async def is_so() -> bool:
            return len(self.asked) >= times

        await until(is_so, f"{times} questions")

    async def shop(self) -> Site:
        site = await self.known.get(*SHOP.key)
        assert site is not None
        return site


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.database.close()


async def test_a_site_is_asked_once_in_an_interval_and_its_answer_is_kept(place: Place) -> None:
    await place.known.save(SHOP)
    async with place.watching():
        await place.until_asked(1)

        async def is_kept() -> bool:
            return (await place.shop()).check == Check(NOW, GOOD)

        await until(is_kept)
        await asyncio.sleep(0.1)  # several steps, and far from an interval
    assert place.asked == [SHOP.url]
    assert (await place.shop()).status is SiteStatus.RUNNING


async def test_two_checks_without_an_answer_are_a_failing_site(place: Place) -> None:
    await place.known.save(SHOP)
    place.result = Silence("It did not answer in time.")
    with place.changes.subscribe() as queue:
        async with place.watching():
            site = await place.until_status(SiteStatus.FAILING)

            async def are_told() -> bool:
                return queue.qsize() >= 2

            await until(are_told)
        changes = [queue.get_nowait() for _ in range(queue.qsize())]
    assert site.reason == "It did not answer in time."
    assert len(place.asked) == 2
    statuses = [change.site.status for change in changes if isinstance(change, SiteChanged)]
    assert statuses == [SiteStatus.RUNNING, SiteStatus.FAILING]


async def test_a_site_that_begins_to_fail_is_told_with_the_end_of_its_log(place: Place) -> None:
    await place.known.save(SHOP)
    place.result, place.log.old = Answer(502, 0.1), "KeyError: 'x'"
    async with place.watching():
        site = await place.until_status(SiteStatus.FAILING)
    assert site.reason.startswith("It answers 502: ")
    assert site.reason.endswith(" Its error log ends with: KeyError: 'x'")


async def test_a_person_who_asks_does_not_wait_for_the_log(place: Place) -> None:
    await place.known.save(SHOP)
    place.checks.record(SHOP.key, Check(NOW, Answer(502, 0.1), "It answers 502.", 1))
    place.result, place.log.is_read = Answer(502, 0.1), False
    place.accounts.set_check_interval(REMOTE.id, 0)
    place.log_seconds = 60.0
    async with place.watching() as watch:
        assert await asyncio.wait_for(watch.ask_now(await place.shop()), 30) == place.result
        assert len(watch._telling) == 1
    assert not watch._telling, "it ends with the watch"
    check = (await place.shop()).check
    assert check is not None and check.failures == 2


async def test_a_site_fails_also_if_its_log_cannot_be_read(place: Place) -> None:
    await place.known.save(SHOP)
    place.result, place.log.is_read = Answer(502, 0.1), False
    async with place.watching():
        site = await place.until_status(SiteStatus.FAILING)
    assert site.reason.endswith("does not answer.")


async def test_a_failing_site_that_answers_again_runs(place: Place) -> None:
    await place.known.save(SHOP)
    place.checks.record(SHOP.key, Check(NOW, None, "gone", 5))
    assert (await place.shop()).status is SiteStatus.FAILING
    async with place.watching():
        site = await place.until_status(SiteStatus.RUNNING)
    assert site.reason == ""


async def test_a_site_is_asked_also_while_its_account_cannot_be_read(place: Place) -> None:
    await place.known.save(replace(SHOP, status=SiteStatus.UNKNOWN, reason="The token is refused."))
    async with place.watching():

        async def is_kept() -> bool:
            return (await place.shop()).check == Check(NOW, GOOD)

        await until(is_kept)
    assert (await place.shop()).status is SiteStatus.UNKNOWN


async def test_a_question_begun_before_a_click_says_nothing_against_its_verdict(
    place: Place,
) -> None:
    await place.known.save(SHOP)
    may_answer = asyncio.Event()

    async def slow(url: str) -> Silence:
        place.asked.append(url)
        await may_answer.wait()
        return Silence("It did not answer in time.")

    place.ask = slow  # type: ignore[method-assign]
    async with place.watching() as watch:
        await place.until_asked(1)
        asking = asyncio.create_task(watch.ask_now(SHOP))
        await place.until_asked(2)
        place.checks.expect(SHOP.key, SiteStatus.RELOADING)
        place.checks.record(SHOP.key, Check(datetime.now(UTC), GOOD))
        may_answer.set()
        await asking
        assert (await place.shop()).check == Check(NOW, GOOD)


async def test_a_site_that_cannot_be_asked_from_here_keeps_its_status(place: Place) -> None:
    await place.known.save(SHOP)
    place.result = Unasked("no name server")
    async with place.watching():
        await place.until_asked(1)
        await asyncio.sleep(0.1)
    assert len(place.asked) == 1
    assert (await place.shop()).check is None


@pytest.mark.parametrize(
    "site",
    [
        replace(SHOP, enabled=False, status=SiteStatus.DISABLED),
        replace(SHOP, is_gone=True),
    ],
    ids=["disabled", "gone"],
)
async def test_a_site_of_which_nothing_is_expected_is_not_asked(place: Place, site: Site) -> None:
    await place.known.save(site)
    async with place.watching():
        await asyncio.sleep(0.1)
    assert place.asked == []


async def test_the_interval_is_chosen_for_each_account_and_may_be_never(place: Place) -> None:
    await place.known.save(SHOP)
    place.accounts.set_check_interval(REMOTE.id, 0)
    async with place.watching():
        await asyncio.sleep(0.1)
        assert place.asked == []
        place.accounts.set_check_interval(REMOTE.id, 60)
        await place.until_asked(1)


async def test_a_site_that_is_waited_for_is_shown_so_whatever_the_list_says(place: Place) -> None:
    await place.known.save(SHOP)
    place.checks.expect(SHOP.key, SiteStatus.RELOADING)
    await place.known.save_list(REMOTE.id, [SHOP], keep_missing=True)
    assert (await place.shop()).status is SiteStatus.RELOADING
    place.checks.record(SHOP.key, Check(NOW, GOOD))
    assert (await place.shop()).status is SiteStatus.RUNNING


async def test_nobody_waits_after_a_restart(place: Place) -> None:
    await place.known.save(SHOP)
    place.checks.expect(SHOP.key, SiteStatus.STARTING)
    place.checks.expect_nothing()
    assert (await place.shop()).status is SiteStatus.RUNNING


async def test_a_check_of_a_site_that_is_gone_by_then_is_dropped(place: Place) -> None:
    place.checks.record(SHOP.key, Check(NOW, GOOD))
    await place.known.save(SHOP)
    assert (await place.shop()).check is None


@pytest.mark.parametrize(
    ("result", "failures"),
    [
        (Answer(200, 0.1), 0),
        (Answer(404, 0.1), 0),
        (Answer(500, 0.1), 0),
        (Answer(502, 0.1), 4),
        (Answer(504, 0.1), 4),
        (Silence("nothing"), 4),
    ],
)
def test_what_an_answer_means(result: Answer | Silence, failures: int) -> None:
    before = Check(NOW, None, "It was silent.", 3)
    check = judge(result, before, NOW + timedelta(minutes=5))
    assert check.failures == failures
    assert bool(check.problem) == (failures > 0)


def test_a_site_that_still_fails_keeps_the_reason_for_which_it_began_to(place: Place) -> None:
    before = Check(NOW, None, "Crashing: KeyError: 'x'", 2, "as written")
    check = judge(Answer(502, 0.1), before, NOW)
    assert (check.problem, check.traceback, check.failures) == (before.problem, "as written", 3)


async def test_a_failing_site_is_asked_again_soon_whatever_the_interval(place: Place) -> None:
    await place.known.save(SHOP)
    place.accounts.set_check_interval(REMOTE.id, 3600)
    place.checks.record(SHOP.key, Check(datetime.now(UTC), None, "No answer yet.", 2))
    async with place.watching():
        await place.until_status(SiteStatus.RUNNING)


async def test_one_site_that_cannot_be_asked_by_mistake_stops_no_other(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    other = replace(SHOP, domain_name="blog.example.org", url="https://blog.example.org")
    await place.known.save(SHOP)
    await place.known.save(other)

    async def ask(url: str) -> Answer:
        place.asked.append(url)
        if url == SHOP.url:
            raise ValueError("Port out of range")
        return GOOD

    place.ask = ask  # type: ignore[method-assign]
    async with place.watching():
        await place.until_asked(2)

        async def is_kept() -> bool:
            site = await place.known.get(*other.key)
            return site is not None and site.check is not None

        await until(is_kept)
        await asyncio.sleep(0.1)
    assert place.asked.count(SHOP.url) == 1


async def test_a_person_is_answered_at_once_whatever_the_interval(place: Place) -> None:
    await place.known.save(SHOP)
    place.accounts.set_check_interval(REMOTE.id, 0)
    async with place.watching() as watch:
        assert await watch.ask_now(SHOP) == GOOD
    assert (await place.shop()).check == Check(NOW, GOOD)


async def test_a_person_does_not_wait_for_ever(place: Place) -> None:
    await place.known.save(SHOP)
    place.accounts.set_check_interval(REMOTE.id, 0)

    async def never(url: str) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    place.ask = never  # type: ignore[method-assign]
    place.person = 0.02
    async with place.watching() as watch, asyncio.timeout(30):
        assert await watch.ask_now(SHOP) == Silence("It did not answer in time.")
    check = (await place.shop()).check
    assert check is not None and check.failures == 1


async def test_one_question_of_people_at_a_time_for_each_site(place: Place) -> None:
    await place.known.save(SHOP)
    go = asyncio.Event()

    async def ask(url: str) -> Answer:
        place.asked.append(url)
        await go.wait()
        return GOOD

    place.ask = ask  # type: ignore[method-assign]
    place.accounts.set_check_interval(REMOTE.id, 0)
    other = replace(SHOP, domain_name="blog.example.org", url="https://blog.example.org")
    async with place.watching() as watch, asyncio.TaskGroup() as tasks:
        tasks.create_task(watch.ask_now(SHOP))
        await place.until_asked(1)
        with pytest.raises(SiteBusy):
            await watch.ask_now(SHOP)
        tasks.create_task(watch.ask_now(other))
        await place.until_asked(2)
        go.set()
    assert place.asked == [SHOP.url, other.url]


async def test_a_site_that_is_waited_for_is_asked_by_who_waits(place: Place) -> None:
    await place.known.save(SHOP)
    place.checks.expect(SHOP.key, SiteStatus.RELOADING)
    async with place.watching() as watch:
        with pytest.raises(SiteBusy):
            await watch.ask_now(await place.shop())
    assert place.asked == []


async def test_after_a_question_that_failed_another_may_be_asked(place: Place) -> None:
    await place.known.save(SHOP)
    place.result = Silence("It did not answer in time.")
    place.accounts.set_check_interval(REMOTE.id, 0)
    async with place.watching() as watch:
        for times in (1, 2):
            assert await watch.ask_now(await place.shop()) == place.result
            check = (await place.shop()).check
            assert check is not None and check.failures == times
    assert (await place.shop()).status is SiteStatus.FAILING
