"""What is announced after a click, and what is taken back when the call failed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.hosting.aftermath import Aftermath, Click
from app.hosting.changes import Announcement, Change, SiteChanged
from app.hosting.inquiry import Patience
from app.hosting.probe import Unasked
from app.hosting.verdict import Verdicts
from app.models import Activity, Actor, Answer, Check, SiteAction, SiteStatus, Toast
from app.store.activity import ActivityLog
from tests.hosting.conftest import NOW, SHOP, until
from tests.hosting.test_sitewatch import GOOD
from tests.hosting.test_verdict import DOWN, SHORT, UNHURRIED, Court

pytestmark = pytest.mark.anyio
SESSION = "session"
ACTOR = Actor("ada", "127.0.0.1", SESSION)


class Deck(Court):
    """Clicks end with a toast for the session."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.aftermath = self.made(self.verdicts)

    def made(self, verdicts: Verdicts) -> Aftermath:
        return Aftermath(self.known, self.changes, ActivityLog(self.database), verdicts)

    def record(self) -> list[Activity]:
        return ActivityLog(self.database).page()

    async def click(self, action: SiteAction) -> None:
        """As services do it, with the site as it is stored."""
        click = await self.expect(action)
        await self.aftermath.follow(click, ACTOR)

    async def expect(self, action: SiteAction) -> Click:
        """A click whose call is on its way."""
        click = Click(action, await self.shop())
        await self.aftermath.expect(click)
        return click

    async def toast_after(self, action: SiteAction) -> Toast:
        with self.changes.subscribe() as queue:
            await self.click(action)
            return await next_toast(queue)


async def next_toast(queue: asyncio.Queue[Change]) -> Toast:
    async with asyncio.timeout(30):
        while not isinstance(change := await queue.get(), Announcement):
            pass
    assert change.session_id == SESSION
    return change.toast


@pytest.fixture
async def deck(tmp_path: Path) -> AsyncIterator[Deck]:
    deck = Deck(tmp_path)
    await deck.known.save(SHOP)
    yield deck
    await deck.aftermath.close()
    deck.database.close()


async def test_a_seamless_reload_claims_no_time(deck: Deck) -> None:
    toast = await deck.toast_after(SiteAction.RELOAD)
    assert toast.text == f"{SHOP.domain_name} reloaded"
    assert toast.detail == "It answers 200; no gap was seen."


async def test_a_reload_whose_answer_was_lost_is_only_believed_where_a_gap_was_seen(
    deck: Deck,
) -> None:
    with deck.changes.subscribe() as queue:
        click = await deck.expect(SiteAction.RELOAD)
        await deck.aftermath.follow(click, ACTOR, is_certain=False)
        toast = await next_toast(queue)
    assert toast.text == f"Not known: whether {SHOP.domain_name} was reloaded"
    assert toast.detail == "It answers 200; no gap was seen."
    site = await deck.known.get(*SHOP.key)
    assert site is not None and site.reloaded_at is None


async def test_a_lost_answer_of_a_reload_with_a_gap_was_one_that_said_so(deck: Deck) -> None:
    deck.result = DOWN
    begin = datetime.now(UTC)
    with deck.changes.subscribe() as queue:
        click = await deck.expect(SiteAction.RELOAD)
        await deck.aftermath.follow(click, ACTOR, is_certain=False)
        await deck.until_asked(2)
        assert (await deck.shop()).reloaded_at is None
        deck.result = GOOD
        toast = await next_toast(queue)
    assert toast.text == f"{SHOP.domain_name} reloaded"
    at = (await deck.shop()).reloaded_at
    assert at is not None and begin <= at <= datetime.now(UTC)


@pytest.mark.parametrize("ways", ["off and on", "by an operation"])
async def test_what_answers_right_after_off_and_on_may_be_the_process_of_before(
    deck: Deck, ways: str
) -> None:
    with deck.changes.subscribe() as queue:
        if ways == "off and on":
            await deck.click(SiteAction.DISABLE)
            await deck.click(SiteAction.ENABLE)
        else:
            await deck.aftermath.begun(await deck.shop(), ACTOR, SiteAction.RELOAD)
        await deck.until_asked(2)
        deck.result, deck.log.new = DOWN, "KeyError: 'x'"
        toast = await next_toast(queue)
    assert toast.is_error
    assert toast.detail == "Crashing: KeyError: 'x'"


async def test_a_site_that_was_only_just_off_is_up_without_a_time_if_no_gap_was_seen(
    deck: Deck,
) -> None:
    await deck.click(SiteAction.DISABLE)
    toast = await deck.toast_after(SiteAction.ENABLE)
    assert toast.text == f"{SHOP.domain_name} is up"
    assert toast.detail == "It answers 200; no gap was seen."


async def test_a_site_that_has_been_off_for_long_is_up_at_its_first_answer(deck: Deck) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    toast = await deck.toast_after(SiteAction.ENABLE)
    assert len(deck.asked) == 1
    assert toast.detail.startswith("Answered 200 after ")


async def test_nothing_is_waited_for_after_a_reload_that_was_given_up(deck: Deck) -> None:
    await deck.expect(SiteAction.RELOAD)
    with deck.changes.subscribe() as queue:
        await deck.aftermath.begun(await deck.shop(), ACTOR, None)
        assert (await deck.shop()).status is SiteStatus.RUNNING
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [c.site.status for c in told if isinstance(c, SiteChanged)] == [SiteStatus.RUNNING]


async def test_a_reload_beside_an_exception_is_not_told_as_if_all_were_well(deck: Deck) -> None:
    deck.log.new = "KeyError: 'x'"
    toast = await deck.toast_after(SiteAction.RELOAD)
    assert toast.detail == "It answers 200, but its error log says: KeyError: 'x'"


async def test_a_reload_with_a_gap_is_told_with_its_time(deck: Deck) -> None:
    results = [DOWN, DOWN]

    async def ask(url: str) -> Answer:
        return results.pop() if results else Answer(200, 0.1)

    deck.ask = ask  # type: ignore[method-assign]
    toast = await deck.toast_after(SiteAction.RELOAD)
    assert toast.text == f"{SHOP.domain_name} reloaded"
    assert toast.detail.startswith("Answered 200 after ")


async def test_the_first_answer_of_the_reload_before_is_not_told_of_the_next(deck: Deck) -> None:
    results = [DOWN, DOWN]

    async def ask(url: str) -> Answer:
        return results.pop() if results else GOOD

    deck.ask = ask  # type: ignore[method-assign]
    await deck.toast_after(SiteAction.RELOAD)
    assert (await deck.shop()).answer is not None
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        assert (await deck.shop()).answer is None, "not while it is waited for either"
        assert (await next_toast(queue)).detail == "It answers 200; no gap was seen."
    assert (await deck.shop()).answer is None


async def test_a_crash_behind_the_old_processs_answer_is_the_only_thing_announced(
    deck: Deck,
) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        await deck.until_asked(3)
        deck.result = DOWN
        deck.log.new = "ModuleNotFoundError: No module named 'shop'"
        await deck.until_status(SiteStatus.FAILING)
        toasts: list[Toast] = []

        async def is_told() -> bool:
            while not queue.empty():
                if isinstance(change := queue.get_nowait(), Announcement):
                    toasts.append(change.toast)
            return bool(toasts)

        await until(is_told)
    assert [toast.text for toast in toasts] == [f"Reload failed: {SHOP.domain_name}"]
    assert toasts[0].is_error
    assert "No module named 'shop'" in toasts[0].detail


async def test_a_start_is_told_with_its_first_answer(deck: Deck) -> None:
    toast = await deck.toast_after(SiteAction.ENABLE)
    assert toast.text == f"{SHOP.domain_name} is up"
    assert toast.detail.startswith("Answered 200 after ")


async def test_of_a_site_that_cannot_be_asked_only_the_call_is_told(deck: Deck) -> None:
    deck.result = Unasked("no name server")
    toast = await deck.toast_after(SiteAction.RELOAD)
    assert toast.detail == "The host accepted it. The site was not asked."


async def test_a_reload_is_noted_with_its_time_and_no_list_forgets_it(deck: Deck) -> None:
    begin = datetime.now(UTC)
    await deck.click(SiteAction.RELOAD)
    noted = (await deck.shop()).reloaded_at
    assert noted is not None and begin <= noted <= datetime.now(UTC)
    await deck.known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    await deck.click(SiteAction.ENABLE)
    assert (await deck.shop()).reloaded_at == noted, "a start is none"
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        again = (await deck.shop()).reloaded_at
        assert again is not None and again > noted
        shown = [queue.get_nowait() for _ in range(queue.qsize())]
    assert any(isinstance(c, SiteChanged) and c.site.reloaded_at == again for c in shown)


async def test_a_second_click_that_fails_leaves_the_first_to_be_found_out(deck: Deck) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    deck.result = DOWN
    await deck.click(SiteAction.RELOAD)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await deck.until_asked(2)
    for _ in range(2):
        await deck.aftermath.take_back(await deck.expect(SiteAction.RELOAD))
        assert (await deck.shop()).status is SiteStatus.RELOADING
    with deck.changes.subscribe() as queue:
        await deck.until_asked(len(deck.asked) + 2)
        assert (await deck.shop()).status is SiteStatus.RELOADING
        waited = loop.time() - begin
        deck.result = GOOD
        toast = await next_toast(queue)
    assert toast.text == f"{SHOP.domain_name} reloaded"
    assert toast.detail.startswith("Answered 200 after ")
    answer = (await deck.shop()).answer
    assert answer is not None and answer.seconds >= waited, "since the first click"


async def test_of_two_clicks_at_once_the_refused_one_does_not_end_the_other(deck: Deck) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    deck.checks.record(SHOP.key, Check(NOW, GOOD))
    refused = await deck.expect(SiteAction.RELOAD)
    accepted = await deck.expect(SiteAction.RELOAD)
    deck.result = DOWN
    await deck.aftermath.take_back(refused)
    assert (await deck.shop()).status is SiteStatus.RELOADING
    with deck.changes.subscribe() as queue:
        await deck.aftermath.follow(accepted, ACTOR)
        await deck.until_asked(2)
        assert (await deck.shop()).status is SiteStatus.RELOADING
        deck.result = GOOD
        toast = await next_toast(queue)
    assert toast.detail.startswith("Answered 200 after ")


async def test_of_two_clicks_at_once_the_accepted_one_outlasts_the_refusal_of_the_other(
    deck: Deck,
) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    accepted = await deck.expect(SiteAction.RELOAD)
    refused = await deck.expect(SiteAction.RELOAD)
    deck.result = DOWN
    with deck.changes.subscribe() as queue:
        await deck.aftermath.follow(accepted, ACTOR)
        await deck.aftermath.take_back(refused)
        await deck.until_asked(2)
        assert (await deck.shop()).status is SiteStatus.RELOADING
        deck.result = GOOD
        toast = await next_toast(queue)
    assert toast.detail.startswith("Answered 200 after ")


async def test_of_two_clicks_of_a_person_the_last_one_alone_is_told(deck: Deck) -> None:
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        await deck.click(SiteAction.RELOAD)
        toast = await next_toast(queue)
        assert toast.text == f"{SHOP.domain_name} reloaded"
        await asyncio.sleep(SHORT.step * 5)
        rest = [queue.get_nowait() for _ in range(queue.qsize())]
    assert not [change for change in rest if isinstance(change, Announcement)]


async def has_entries(deck: Deck, count: int) -> bool:
    return len(deck.record()) == count


async def test_what_became_of_a_click_stays_in_the_record(deck: Deck) -> None:
    toast = await deck.toast_after(SiteAction.RELOAD)
    await until(lambda: has_entries(deck, 1), "an entry")
    deck.result, deck.log.new = DOWN, "KeyError: 'x'"
    await deck.toast_after(SiteAction.ENABLE)
    await until(lambda: has_entries(deck, 2), "another entry")
    failed, good = deck.record()
    assert (good.actor, good.action, good.site_key) == ("Sitedeck", "look", SHOP.key)
    assert not good.has_failed and good.facts == toast.detail
    assert failed.has_failed and failed.facts == "Crashing: KeyError: 'x'"


@pytest.mark.parametrize(
    ("result", "words"), [(GOOD, "Answered 200 after"), (DOWN, "No answer yet. It answers 502.")]
)
async def test_what_became_of_a_click_is_told_though_the_account_cannot_be_read_any_more(
    deck: Deck, result: Answer, words: str
) -> None:
    deck.result = DOWN
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        await deck.until_asked(1)
        unknown = replace(SHOP, status=SiteStatus.UNKNOWN, reason="The host did not answer.")
        await deck.known.update(SHOP.key, lambda _: unknown)
        deck.result = result
        toast = await next_toast(queue)
    assert toast.detail.startswith(words)
    assert (await deck.shop()).status is SiteStatus.UNKNOWN


async def test_a_site_that_was_disabled_while_its_account_cannot_be_read_is_not_told_as_up(
    deck: Deck,
) -> None:
    deck.checks.record(SHOP.key, Check(NOW, GOOD))
    await deck.known.update(SHOP.key, lambda site: replace(site, status=SiteStatus.UNKNOWN))
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.DISABLE)
        await asyncio.sleep(SHORT.step * 5)
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert not [change for change in told if isinstance(change, Announcement)]


async def test_that_a_site_was_not_asked_is_no_finding_for_the_record(deck: Deck) -> None:
    deck.result = Unasked("no name server")
    toast = await deck.toast_after(SiteAction.RELOAD)
    assert toast.detail == "The host accepted it. The site was not asked."
    deck.result = GOOD
    await deck.toast_after(SiteAction.RELOAD)
    await until(lambda: has_entries(deck, 1), "an entry")


async def test_a_record_that_cannot_be_kept_leaves_the_toast(
    deck: Deck, caplog: pytest.LogCaptureFixture
) -> None:
    deck.database.execute("DROP TABLE activity")
    assert (await deck.toast_after(SiteAction.RELOAD)).text == f"{SHOP.domain_name} reloaded"

    async def is_logged() -> bool:
        return "cannot be recorded" in caplog.text

    await until(is_logged, "the failure is in our own log")


async def test_nothing_is_told_of_a_site_that_was_deleted_meanwhile(deck: Deck) -> None:
    deck.result = DOWN
    with deck.changes.subscribe() as queue:
        await deck.click(SiteAction.RELOAD)
        await deck.known.forget(*SHOP.key)
        (task,) = (t for t in asyncio.all_tasks() if "_announce" in repr(t.get_coro()))
        await asyncio.wait_for(task, 30)
        rest = [queue.get_nowait() for _ in range(queue.qsize())]
    assert not [change for change in rest if isinstance(change, Announcement)]
    assert deck.record() == []


async def test_everybody_who_has_clicked_is_told(deck: Deck) -> None:
    with deck.changes.subscribe() as queue:
        for session in ("one", "another"):
            click = await deck.expect(SiteAction.RELOAD)
            await deck.aftermath.follow(click, replace(ACTOR, session_id=session))
        told: set[str] = set()
        async with asyncio.timeout(30):
            while told != {"one", "another"}:
                if isinstance(change := await queue.get(), Announcement):
                    told.add(change.session_id)


def test_the_longest_verdict_is_the_sum_of_what_it_may_wait_for() -> None:
    default = Patience()
    waits = default.answer + default.read_again + default.settling
    assert default.longest >= waits + 2 * (default.step + default.question)


async def test_what_another_click_has_ended_is_not_taken_up_again(deck: Deck) -> None:
    deck.aftermath = deck.made(deck.judging(UNHURRIED))
    await deck.click(SiteAction.RELOAD)
    await deck.until_asked(1)
    await deck.click(SiteAction.DISABLE)
    await deck.aftermath.take_back(await deck.expect(SiteAction.ENABLE))
    assert (await deck.shop()).status is SiteStatus.DISABLED
    asked = len(deck.asked)
    await asyncio.sleep(SHORT.step * 5)
    assert len(deck.asked) == asked


async def test_a_failed_switch_is_taken_back_though_the_host_cannot_be_read_meanwhile(
    deck: Deck,
) -> None:
    click = await deck.expect(SiteAction.DISABLE)
    unknown = replace(await deck.shop(), status=SiteStatus.UNKNOWN, reason="No way to the host.")
    await deck.known.save(unknown)
    await deck.aftermath.take_back(click)
    site = await deck.shop()
    assert site.enabled
    assert (site.status, site.reason) == (SiteStatus.UNKNOWN, "No way to the host.")


async def test_what_the_host_has_listed_since_a_click_is_not_taken_back(deck: Deck) -> None:
    click = await deck.expect(SiteAction.DISABLE)
    off = replace(SHOP, enabled=False, status=SiteStatus.DISABLED, seen_at=datetime.now(UTC))
    await deck.known.save_list(SHOP.account_id, [off], keep_missing=True)
    await deck.aftermath.take_back(click)
    assert not (await deck.shop()).enabled


@pytest.mark.parametrize("action", list(SiteAction))
async def test_after_a_failed_call_a_failing_site_has_its_reason_again(
    deck: Deck, action: SiteAction
) -> None:
    check = Check(NOW, None, "Crashing: KeyError: 'x'", 2, "as written")
    deck.checks.record(SHOP.key, check, Answer(200, 1.5))
    before = await deck.shop()
    click = await deck.expect(action)
    assert (await deck.shop()).status is not SiteStatus.FAILING
    await deck.aftermath.take_back(click)
    assert await deck.shop() == before
    deck.checks.record(SHOP.key, Check(NOW, GOOD))
    assert (await deck.shop()).status is SiteStatus.RUNNING


async def test_a_switched_off_site_stays_off_when_it_cannot_be_enabled(deck: Deck) -> None:
    off = replace(SHOP, enabled=False, status=SiteStatus.DISABLED)
    await deck.known.save(off)
    deck.checks.record(SHOP.key, Check(NOW, None, "It did not answer.", 2))
    before = await deck.shop()
    click = await deck.expect(SiteAction.ENABLE)
    assert (await deck.shop()).status is SiteStatus.STARTING
    await deck.aftermath.take_back(click)
    assert await deck.shop() == before
