"""What became of a click: whether the site answers again, crashes, or does neither.

The API accepts a reload before the new process is up and says nothing of how it went, so the
site's own address and its error log are asked. The old process may answer for a while yet.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from anyio import to_thread

from app.hosting.evidence import Evidence
from app.hosting.known import KnownSites
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import FRONT_STATUSES, Ask
from app.models import Answer, Check, Crash, Site, SiteKey, SiteStatus
from app.store.checks import Checks

# Longer than any call: whoever has announced one and does not follow it up is gone.
ABANDONED_SECONDS = 180.0

_NOT_ASKED = Unasked("The configuration of this server has Sitedeck ask no sites.")

_log = logging.getLogger(__name__)


class Crashes(Protocol):
    """What stands in one site's error log, and what is new since somebody began to look.

    A lone line at level ERROR may be about one request, or about what the site can do without:
    it is no crash, and only told of a site that does not answer.
    """

    async def ready(self) -> None:
        """Returns when what is written from now on can be told from what was there before."""

    async def read_again(self) -> None:
        """Returns when the log has been read once more."""

    async def newest(self) -> Crash | None:
        """The last exception or error since then."""

    async def last_words(self) -> Crash | None:
        """The last exception or error, else the last line, whenever it was written."""


CrashesOf = Callable[[SiteKey], AbstractAsyncContextManager[Crashes]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the log to be read before the call, and once more after an answer; between two
    questions; for one question; after a reload, until a good answer is not the old process's; of
    no good answer, until a logged exception is why; for an answer; for a site that cannot be asked;
    and for the 404 that a new site answers at first.
    """

    log: float = 1.0
    read_again: float = 15.0
    step: float = 2.0
    question: float = 20.0
    settling: float = 10.0
    crashing: float = 10.0
    answer: float = 45.0
    unasked: float = 20.0
    not_found: float = 30.0

    @property
    def longest(self) -> float:
        """From the call on, but for the store: a good answer to the last question of all may still
        have to settle, and one more question ends that."""
        last_question = max(self.answer, self.unasked) + self.step + self.question
        return last_question + self.read_again + self.settling + self.step + self.question


class Finding(NamedTuple):
    """The check that a look ended with, and the new process's first answer with the seconds since
    the click: None where it crashes, or where no gap parts it from the old one's."""

    check: Check
    first: Answer | None = None


@dataclass(slots=True, eq=False)
class _Case:
    """One click: the log has been read up to it, the call has been made.

    `status` is how the site is shown meanwhile. `has_old`: what answers may still be the process
    of before. `was_404`: so the site answered before, as some do at their first page always.
    """

    status: SiteStatus
    has_old: bool
    was_404: bool
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_made: asyncio.Event = field(default_factory=asyncio.Event)
    made_at: float = 0.0
    task: "asyncio.Task[None] | None" = None

    def go(self, made_at: float) -> None:
        """The call was accepted at that second of the monotonic clock."""
        self.made_at = made_at
        self.is_made.set()


class Verdicts:
    """Shows a site as waited for from `expect` on, until `find_out` has found something out."""

    def __init__(
        self,
        ask: Ask,
        crashes_of: CrashesOf,
        known: KnownSites,
        checks: Checks,
        patience: Patience | None = None,
    ) -> None:
        self._ask = ask
        self._crashes_of = crashes_of
        self._known = known
        self._checks = checks
        self.patience = patience or Patience()
        self._cases: dict[SiteKey, _Case] = {}
        # Accepted calls whose end was not found out yet at the next click.
        self._interrupted: dict[SiteKey, _Case] = {}

    async def expect(self, site: Site, status: SiteStatus | None) -> None:
        """Before the call: a list read meanwhile would say that the site runs, and what its log
        holds by now does not count.

        None: nothing is waited for, because the site is to be disabled.
        """
        if site.is_local:
            return
        before = self._drop(site.key)
        await to_thread.run_sync(self._checks.expect, site.key, status)
        if status is not None:
            # What it answered before a click that is not over has been forgotten with that one.
            was_404 = before.was_404 if before is not None else _answered_404(site)
            case = self._open(site, status, was_404)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience.log):
                    await case.is_ready.wait()

    async def take_back(self, site: Site) -> None:
        """The call failed: what was known before it, as in `site`, counts again, and a look that
        the click has interrupted goes on."""
        if site.is_local:
            return
        self._drop(site.key)
        before = self._interrupted.pop(site.key, None)
        if before is not None:
            await to_thread.run_sync(self._checks.expect, site.key, before.status)
            case = self._open(site, before.status, before.was_404)
            case.has_old = before.has_old
            case.go(before.made_at)
        elif site.check is None:
            await to_thread.run_sync(self._checks.expect, site.key, None)
        else:
            await to_thread.run_sync(self._checks.record, site.key, site.check, site.answer)

    def find_out(self, site: Site, status: SiteStatus | None, *, was_off: bool = False) -> None:
        """Begins to look, after the call that `status` was expected of, unless it is None.

        Of a site that `was_off`, whatever answers is the new process.
        """
        self._interrupted.pop(site.key, None)
        if status is not None and not site.is_local:
            case = self._cases.get(site.key)
            if case is None:
                case = self._open(site, status, _answered_404(site))
            if was_off:
                case.has_old = False
            case.go(time.monotonic())

    async def close(self) -> None:
        tasks = [case.task for case in self._cases.values() if case.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _open(self, site: Site, status: SiteStatus, was_404: bool) -> _Case:
        has_old = status is SiteStatus.RELOADING
        case = self._cases[site.key] = _Case(status, has_old, was_404)
        case.task = asyncio.create_task(self._run(site, case))
        return case

    def _drop(self, key: SiteKey) -> _Case | None:
        """Ends the look that is open, and returns what it was about."""
        case = self._cases.pop(key, None)
        if case is None:
            return None
        if case.task is not None:
            case.task.cancel()
        if case.is_made.is_set():
            self._interrupted[key] = case
        return case

    async def _run(self, site: Site, case: _Case) -> None:
        try:
            found = await self._investigate(site, case)
            await self._keep(site, found)
        finally:
            if self._cases.get(site.key) is case:
                del self._cases[site.key]

    async def _keep(self, site: Site, found: Finding | None) -> None:
        """Goes on until that was possible: a locked database or a full disk passes."""
        while True:
            try:
                if found is not None:
                    record = self._checks.record
                    await to_thread.run_sync(record, site.key, found.check, found.first)
                else:
                    await to_thread.run_sync(self._checks.expect, site.key, None)
                await self._known.announce(site.key)
                return
            except Exception:
                _log.exception("What became of a click cannot be kept; trying again.")
            await asyncio.sleep(self.patience.step)

    async def _investigate(self, site: Site, case: _Case) -> Finding | None:
        """None if nothing can be found out, by mistake or not."""
        async with AsyncExitStack() as stack:
            try:
                crashes = await stack.enter_async_context(self._crashes_of(site.key))
            except Exception:
                _log.exception("The error log of a site cannot be followed.")
                crashes = _NoLog()
            reading = asyncio.create_task(_note_ready(crashes, case))
            try:
                async with asyncio.timeout(ABANDONED_SECONDS):
                    await case.is_made.wait()
                return await self._look(site, crashes, case)
            except Exception:
                _log.exception("Finding out about a site failed.")
                return None
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _look(self, site: Site, crashes: Crashes, case: _Case) -> Finding | None:
        """None if the site is not or cannot be asked, and it logs no exception."""
        patience = self.patience
        known = await self._known.get(*site.key)
        # How often sites are asked again does not matter here: a person wants to know now.
        is_asked = known is not None and known.check_seconds is not None
        seen = Evidence(patience.settling if case.has_old else 0.0, patience.crashing)
        while True:
            result = await self._question(site) if is_asked else _NOT_ASKED
            taken = time.monotonic() - case.made_at
            if crash := await crashes.newest():
                seen.note_crash(crash, taken)
            if isinstance(result, Answer) and not self._is_bad(result, taken, case):
                seen.note_good(result.status, taken)
                if await self._is_over(seen, crashes, taken):
                    return Finding(_answering(result, seen), seen.first)
            else:
                is_unasked = isinstance(result, Unasked)
                if not is_unasked:
                    seen.note_bad()
                is_last = taken > (patience.unasked if is_unasked else patience.answer)
                is_crash = is_last or seen.is_crashing(taken)
                if seen.crash and (seen.crash.is_exception if is_unasked else is_crash):
                    return _crashing(result, seen.crash)
                if is_last:
                    break
            await asyncio.sleep(patience.step)
        if isinstance(result, Unasked):
            return None
        answer = result if isinstance(result, Answer) else None
        reason = result.reason if isinstance(result, Silence) else f"It answers {result.status}."
        last = await crashes.last_words()
        said = f" Its error log ends with: {last.words}" if last else ""
        problem = f"No answer yet. {reason}{said}"
        return Finding(Check(datetime.now(UTC), answer, problem, 2, last.text if last else ""))

    async def _question(self, site: Site) -> Answer | Silence | Unasked:
        try:
            async with asyncio.timeout(self.patience.question):
                return await self._ask(site.url)
        except TimeoutError:
            return Silence("It did not answer in time.")

    async def _is_over(self, seen: Evidence, crashes: Crashes, taken: float) -> bool:
        """Whether the good answer after so many seconds is the end of it."""
        if not seen.settling:
            return True
        if not seen.may_be_over(taken):
            return False
        if seen.crash is None:
            # A crash is logged before the first bad answer that it causes.
            try:
                async with asyncio.timeout(self.patience.read_again):
                    await crashes.read_again()
            except TimeoutError:
                seen.is_log_read = False
            if crash := await crashes.newest():
                seen.note_crash(crash, taken)
        return seen.may_be_over(taken)

    def _is_bad(self, answer: Answer, taken: float, case: _Case) -> bool:
        is_early = taken < self.patience.not_found and not case.was_404
        return answer.status in FRONT_STATUSES or (answer.status == 404 and is_early)


def _answering(answer: Answer, seen: Evidence) -> Check:
    """A good answer; where the log leaves a doubt, it counts as one failure: then the site is asked
    again soon.
    """
    now, said = datetime.now(UTC), f"It answers {answer.status}, but its error log"
    if seen.crash is not None:
        problem = f"{said} says: {seen.crash.words}"
        return Check(now, answer, problem, failures=1, traceback=seen.crash.text)
    if not seen.is_log_read:
        return Check(now, answer, f"{said} could not be read.", failures=1)
    return Check(now, answer)


def _answered_404(site: Site) -> bool:
    return site.last_answer is not None and site.last_answer.status == 404


class _NoLog:
    """Of a site whose log cannot be read: its address alone is asked."""

    async def ready(self) -> None:
        return

    async def read_again(self) -> None:
        return

    async def newest(self) -> Crash | None:
        return None

    async def last_words(self) -> Crash | None:
        return None


async def _note_ready(crashes: Crashes, case: _Case) -> None:
    await crashes.ready()
    case.is_ready.set()


def _crashing(result: object, crash: Crash) -> Finding:
    answer = result if isinstance(result, Answer) else None
    return Finding(Check(datetime.now(UTC), answer, f"Crashing: {crash.words}", 2, crash.text))
