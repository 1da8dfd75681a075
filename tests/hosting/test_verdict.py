"""After a click Sitedeck finds out what really happened, and says so."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.hosting.inquiry import Patience
from app.hosting.known import KnownSites
from app.hosting.probe import Silence, Unasked
from app.hosting.verdict import Verdicts
from app.models import Answer, Check, SiteStatus
from app.store.sites import Sites
from tests.hosting.conftest import NOW, SHOP, until
from tests.hosting.test_sitewatch import GOOD, Place

pytestmark = pytest.mark.anyio
SHORT = Patience(
    log=0.05,
    read_again=0.05,
    step=0.01,
    settling=0.15,
    crashing=0.05,
    answer=0.6,
    unasked=0.1,
    not_found=0.1,
)
# What ends with the settling time does not end within a test.
UNHURRIED = replace(SHORT, read_again=20.0, settling=60.0, answer=60.0)
DOWN = Answer(502, 0.1)
OF_A_REQUEST = """Traceback (most recent call last):
  File "/home/alice/venv/lib/uvicorn/protocols/http/h11_impl.py", line 403, in run_asgi
    result = await app(
  File "/home/alice/shop/main.py", line 9, in shop
    return shelves["x"]
KeyError: 'x'"""


class Court(Place):
    """Also finds out about sites; their error log is `log`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.verdicts = self.judging(SHORT)

    def judging(self, patience: Patience) -> Verdicts:
        """`self.ask` may be replaced by a test."""
        return Verdicts(lambda url: self.ask(url), self.log_of, self.known, self.checks, patience)

    async def reload(self) -> None:
        await self._click(SiteStatus.RELOADING)

    async def start(self) -> None:
        await self._click(SiteStatus.STARTING)

    async def _click(self, status: SiteStatus) -> None:
        await self.verdicts.expect(SHOP, status)
        assert (await self.shop()).status is status
        self.verdicts.find_out(SHOP, status)


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    court = Court(tmp_path)
    await court.known.save(SHOP)
    yield court
    await court.verdicts.close()
    court.database.close()


async def test_a_good_answer_has_the_time_since_the_click(court: Court) -> None:
    court.result = DOWN
    await court.reload()
    await court.until_asked(3)
    court.result = GOOD
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is not None and site.check.answer == GOOD
    assert site.answer is not None and site.answer.status == 200
    assert site.answer.seconds >= 2 * SHORT.step
    await court.verdicts.expect(SHOP, SiteStatus.RELOADING)
    assert (await court.shop()).answer is None


async def test_a_crash_is_told_with_its_exception(court: Court) -> None:
    court.result = DOWN
    await court.reload()
    await court.until_asked(2)
    court.log.new = "ModuleNotFoundError: No module named 'shop'"
    site = await court.until_status(SiteStatus.FAILING)
    assert site.reason == "Crashing: ModuleNotFoundError: No module named 'shop'"
    assert site.check is not None and site.check.traceback == "as written"


async def test_a_crash_is_told_of_a_site_that_cannot_be_asked(court: Court) -> None:
    court.result = Unasked("no name server")
    court.log.new = "KeyError: 'x'"
    await court.reload()
    assert (await court.until_status(SiteStatus.FAILING)).reason == "Crashing: KeyError: 'x'"


async def test_an_exception_of_one_request_is_no_crash_of_a_site_that_cannot_be_asked(
    court: Court,
) -> None:
    court.result = Unasked("no name server")
    court.log.new, court.log.text = "KeyError: 'x'", OF_A_REQUEST
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is None


async def test_a_verdict_that_is_being_written_does_not_end_the_waiting_of_the_next_click(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, is_writing, may_write = court.checks.close, threading.Event(), threading.Event()
    ended = threading.Event()

    def slow(*args: Any) -> None:
        is_writing.set()
        may_write.wait(30)
        close(*args)
        ended.set()

    monkeypatch.setattr(court.checks, "close", slow)
    await court.start()
    await asyncio.to_thread(is_writing.wait, 30)
    await court.verdicts.expect(SHOP, SiteStatus.RELOADING)
    may_write.set()
    await asyncio.to_thread(ended.wait, 30)
    assert (await court.shop()).status is SiteStatus.RELOADING


@pytest.mark.parametrize("click", [Court.reload, Court.start])
async def test_a_site_that_answers_is_not_failing_for_an_error_in_its_log(
    court: Court, click: Callable[[Court], Awaitable[None]]
) -> None:
    court.log.new = "KeyError: 'x'"
    await click(court)
    await court.until_status(SiteStatus.RUNNING)


async def test_no_answer_is_told_with_the_last_words_of_the_log(court: Court) -> None:
    court.result = Silence("It did not answer in time.")
    court.log.old = "[Errno 2] No such file or directory: 'env'"
    await court.reload()
    site = await court.until_status(SiteStatus.FAILING)
    assert site.reason == (
        "No answer yet. It did not answer in time. "
        "Its error log ends with: [Errno 2] No such file or directory: 'env'"
    )


async def test_where_nothing_can_be_found_out_the_site_is_what_its_account_lists(
    court: Court,
) -> None:
    court.result = Unasked("no name server")
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is None


async def test_the_404_of_a_new_site_is_waited_out(court: Court) -> None:
    court.result = Answer(404, 0.1)
    await court.start()
    await court.until_asked(3)
    assert (await court.shop()).status is SiteStatus.STARTING
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is not None and site.check.answer is not None
    assert site.check.answer.status == 404


async def test_a_question_without_an_end_is_one_without_an_answer(court: Court) -> None:
    async def never(url: str) -> Answer:
        court.asked.append(url)
        await asyncio.Event().wait()
        raise AssertionError

    court.ask = never  # type: ignore[method-assign]
    court.verdicts = court.judging(replace(SHORT, question=0.02, answer=0.1))
    await court.start()
    site = await court.until_status(SiteStatus.FAILING)
    assert site.reason == "No answer yet. It did not answer in time."
    assert len(court.asked) > 1


async def test_a_second_click_begins_anew(court: Court) -> None:
    court.result = DOWN
    await court.reload()
    await court.until_asked(1)
    await court.reload()
    court.result = GOOD
    await court.until_status(SiteStatus.RUNNING)
    asked = len(court.asked)
    await asyncio.sleep(SHORT.step * 5)
    assert len(court.asked) == asked, "nobody goes on asking"


async def test_a_failed_call_takes_the_expectation_back(court: Court) -> None:
    await court.verdicts.expect(SHOP, SiteStatus.RELOADING)
    await court.verdicts.expect(SHOP, None)
    assert (await court.shop()).status is SiteStatus.RUNNING


async def test_where_the_log_cannot_be_followed_the_address_alone_is_asked(
    court: Court, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(key: tuple[str, str]) -> object:
        raise OSError("disk")

    court.verdicts = Verdicts(
        court.ask,
        broken,  # type: ignore[arg-type]
        court.known,
        court.checks,
        SHORT,
    )
    await court.reload()
    await court.until_status(SiteStatus.RUNNING)
    assert "cannot be followed" in caplog.text


async def test_what_was_found_out_before_a_click_does_not_count_after_it(court: Court) -> None:
    court.checks.record(SHOP.key, Check(NOW, None, "Crashing: KeyError: 'x'", 7, "as written"))
    court.result = Unasked("no name server")
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is None


async def test_a_check_that_was_under_way_at_the_click_does_not_end_the_waiting(
    court: Court,
) -> None:
    court.result = DOWN
    await court.reload()
    assert not court.checks.note(SHOP.key, Check(NOW, GOOD))
    assert (await court.shop()).status is SiteStatus.RELOADING


async def test_a_log_that_cannot_be_read_holds_no_click_up(court: Court) -> None:
    court.log.is_read = False
    async with asyncio.timeout(30):
        await court.verdicts.expect(SHOP, SiteStatus.RELOADING)
    court.verdicts.find_out(SHOP, SiteStatus.RELOADING)
    await court.until_status(SiteStatus.RUNNING)


async def test_a_verdict_is_kept_when_the_database_is_not_busy_any_more(
    court: Court, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OSError("busy")

    with monkeypatch.context() as broken:
        broken.setattr(court.checks, "record", busy)
        await court.reload()

        async def is_said() -> bool:
            return "trying again" in caplog.text

        await until(is_said)
        assert (await court.shop()).status is SiteStatus.RELOADING
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is not None and site.check.answer == GOOD
    await court.reload()
    await court.until_status(SiteStatus.RUNNING)


async def test_the_answer_of_the_old_process_is_no_success_of_a_reload(court: Court) -> None:
    court.verdicts = court.judging(UNHURRIED)
    await court.reload()
    await court.until_asked(3)
    assert (await court.shop()).status is SiteStatus.RELOADING
    court.result = DOWN
    court.log.new = "ModuleNotFoundError: No module named 'shop'"
    statuses: list[SiteStatus] = []

    async def is_settled() -> bool:
        statuses.append((await court.shop()).status)
        return statuses[-1].is_settled

    await until(is_settled)
    site = await court.shop()
    assert statuses[-1] is SiteStatus.FAILING
    assert site.reason == "Crashing: ModuleNotFoundError: No module named 'shop'"
    assert site.answer is None


async def test_a_reload_has_the_time_of_the_first_answer_after_the_gap(court: Court) -> None:
    court.verdicts = court.judging(UNHURRIED)
    await court.reload()
    await court.until_asked(2)
    court.result = DOWN
    await court.until_asked(5)
    court.result = Answer(204, 0.1)
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is not None and site.answer.status == 204
    assert site.answer.seconds >= 4 * SHORT.step


async def test_a_reload_without_a_gap_is_believed_after_a_while_and_has_no_time(
    court: Court,
) -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert loop.time() - before >= SHORT.settling
    assert site.answer is None
    assert site.check is not None and site.check.answer == GOOD


async def test_a_good_answer_beside_an_exception_is_told_with_it_and_soon_asked_again(
    court: Court,
) -> None:
    """The old process may answer for long after the new one has died."""
    court.log.new = "ModuleNotFoundError: No module named 'shop'"
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is not None
    assert site.check.problem == f"It answers 200, but its error log says: {court.log.new}"
    assert (site.check.failures, site.check.traceback) == (1, "as written")


async def test_a_reload_whose_log_was_not_read_is_told_so_and_soon_asked_again(
    court: Court,
) -> None:
    court.log.is_read = False
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.check is not None
    assert site.check.problem == "It answers 200, but its error log could not be read."
    assert site.check.failures == 1


async def test_a_start_is_believed_at_the_first_answer(court: Court) -> None:
    court.verdicts = court.judging(UNHURRIED)
    await court.start()
    site = await court.until_status(SiteStatus.RUNNING)
    assert len(court.asked) == 1
    assert site.answer is not None and site.answer.status == 200


async def test_a_crash_that_is_read_after_the_answer_is_waited_for(court: Court) -> None:
    court.verdicts = court.judging(UNHURRIED)
    court.result = DOWN
    await court.reload()
    await court.until_asked(2)
    court.log.late = "KeyError: 'x'"
    court.result = GOOD

    async def is_read() -> bool:
        return bool(court.log.new)

    await until(is_read)
    assert (await court.shop()).status is SiteStatus.RELOADING
    court.result = DOWN
    assert (await court.until_status(SiteStatus.FAILING)).reason == "Crashing: KeyError: 'x'"


@pytest.mark.parametrize("bad", [1, 3])
async def test_what_the_old_process_logs_at_its_end_is_no_crash_of_the_new_one(
    court: Court, bad: int
) -> None:
    court.verdicts = court.judging(replace(SHORT, crashing=60.0, answer=60.0))
    answers = iter([GOOD, *[DOWN] * bad])

    async def ask(url: str) -> Answer:
        answer = next(answers, GOOD)
        if answer is DOWN:
            court.log.new = "CancelledError"
        return answer

    court.ask = ask  # type: ignore[method-assign]
    await court.reload()
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is not None and site.answer.status == 200


async def test_what_is_logged_at_a_start_that_comes_to_a_good_end_is_no_crash(
    court: Court,
) -> None:
    court.verdicts = court.judging(replace(SHORT, crashing=60.0, answer=60.0))
    court.result = DOWN
    court.log.new = "ConnectionRefusedError: no cache; doing without"
    await court.start()
    await court.until_asked(3)
    court.result = GOOD
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is not None and site.answer.status == 200


async def test_an_exception_of_a_site_that_never_answers_is_why(court: Court) -> None:
    court.verdicts = court.judging(replace(SHORT, crashing=60.0))
    court.result = DOWN
    court.log.new = "KeyError: 'x'"
    await court.start()
    assert (await court.until_status(SiteStatus.FAILING)).reason == "Crashing: KeyError: 'x'"


async def test_a_site_that_always_answers_404_is_reloaded_like_others(court: Court) -> None:
    usual = replace(SHOP, check=Check(NOW, Answer(404, 0.1)))
    court.result = Answer(404, 0.1)
    await court.verdicts.expect(usual, SiteStatus.RELOADING)
    court.verdicts.find_out(usual, SiteStatus.RELOADING)
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is None, "there was no gap"


async def test_what_a_site_always_answers_is_known_at_a_second_click_too(court: Court) -> None:
    court.verdicts = court.judging(replace(UNHURRIED, settling=0.15, not_found=60.0))
    court.result = Answer(404, 0.1)
    court.checks.record(SHOP.key, Check(NOW, court.result))
    for _ in range(2):
        site = await court.shop()
        await court.verdicts.expect(site, SiteStatus.RELOADING)
        court.verdicts.find_out(site, SiteStatus.RELOADING)
    site = await court.shop()
    await court.verdicts.expect(site, SiteStatus.RELOADING)
    await court.verdicts.take_back(site)
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is None, "there was no gap"
    assert site.check is not None and site.check.answer == court.result


async def test_a_site_that_is_never_asked_by_itself_is_asked_after_a_click(court: Court) -> None:
    court.accounts.set_check_interval(SHOP.account_id, 0)
    court.result = Silence("It did not answer in time.")
    await court.start()
    await court.until_asked(2)
    court.result = GOOD
    site = await court.until_status(SiteStatus.RUNNING)
    assert site.answer is not None and site.answer.status == 200


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[Court]:
    """Nobody asks its sites, because the server's configuration wants it so."""
    court = Court(tmp_path)
    court.known = KnownSites(Sites(court.database, asks_sites=False), court.changes)
    court.verdicts = court.judging(SHORT)
    await court.known.save(SHOP)
    yield court
    await court.verdicts.close()
    assert court.asked == []
    court.database.close()


async def test_the_log_alone_tells_a_crash_of_a_site_that_is_not_asked(silent: Court) -> None:
    silent.verdicts = silent.judging(replace(SHORT, unasked=60.0))
    await silent.reload()
    silent.log.new = "ModuleNotFoundError: No module named 'shop'"
    site = await silent.until_status(SiteStatus.FAILING)
    assert site.reason == "Crashing: ModuleNotFoundError: No module named 'shop'"
    assert site.check is not None and site.check.traceback == "as written"


async def test_a_lone_error_line_is_no_crash_of_a_site_that_is_not_asked(silent: Court) -> None:
    silent.log.new, silent.log.text = "redis is not configured", ""
    await silent.start()
    site = await silent.until_status(SiteStatus.RUNNING)
    assert site.check is None


async def test_a_lone_error_line_is_why_a_site_stays_down(court: Court) -> None:
    court.log.new, court.log.text = 'Could not import module "main".', ""
    court.result = DOWN
    await court.start()
    site = await court.until_status(SiteStatus.FAILING)
    assert site.reason == 'Crashing: Could not import module "main".'


async def test_without_a_crash_a_site_that_is_not_asked_is_what_its_account_lists(
    silent: Court,
) -> None:
    await silent.reload()
    site = await silent.until_status(SiteStatus.RUNNING)
    assert site.check is None
