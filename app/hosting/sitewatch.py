"""Asks every enabled site of the remote accounts from time to time whether it still answers."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anyio import to_thread

from app.errors import SiteBusy
from app.hosting.crashlog import CrashesOf
from app.hosting.known import KnownSites
from app.hosting.probe import Ask, Silence, Unasked, ask_within
from app.models import Answer, Check, Site, SiteKey
from app.store.checks import Checks

# A site that gave no good answer is asked again soon, for ten minutes: it may be a hiccup of the
# network, or a slow start.
SECOND_LOOK_SECONDS = 30.0
SECOND_LOOKS = 20
STEP_SECONDS = 5.0
AT_ONCE = 4
# What the host's own front says when the program behind it does not answer.
FRONT_STATUSES = frozenset({502, 503, 504})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchPace:
    """Seconds: between two looks at what is due, until a bad answer is checked again, for all of
    one question that a person waits for, and for the log of a failing site to be read."""

    step: float = STEP_SECONDS
    second_look: float = SECOND_LOOK_SECONDS
    person: float = 15.0
    log: float = 15.0


class SiteWatch:
    """`intervals` gives the seconds between two checks by account id; 0 or absent: none.

    `crashes_of` opens the error log of a site.
    """

    def __init__(
        self,
        ask: Ask,
        known: KnownSites,
        checks: Checks,
        intervals: Callable[[], Mapping[str, float]],
        crashes_of: CrashesOf,
        pace: WatchPace | None = None,
    ) -> None:
        self._ask = ask
        self._crashes_of = crashes_of
        self._known = known
        self._checks = checks
        self._intervals = intervals
        self._pace = pace or WatchPace()
        self._unasked_at: dict[SiteKey, datetime] = {}
        self._asked_for_people: set[SiteKey] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Runs until cancelled, and ends with it what is still being read for people."""
        try:
            while True:
                try:
                    await self._check_what_is_due()
                except Exception:
                    # A locked database or a full disk passes.
                    _log.exception("Checking the sites failed; trying again.")
                await asyncio.sleep(self._pace.step)
        finally:
            telling = list(self._telling)
            for task in telling:
                task.cancel()
            await asyncio.gather(*telling, return_exceptions=True)

    async def ask_now(self, site: Site) -> Answer | Silence | Unasked:
        """Asks because a person wants to know, whatever the interval, and keeps what came of it.

        Raises SiteBusy if that is being done already.
        """
        if site.key in self._asked_for_people or not site.status.is_settled:
            raise SiteBusy(f"{site.domain_name} is being asked already.")
        self._asked_for_people.add(site.key)
        now = datetime.now(UTC)
        try:
            result = await ask_within(self._pace.person, self._ask, site.url)
            if not isinstance(result, Unasked):
                check = await self._keep(site, result, now)
                # Nobody waits for that.
                task = asyncio.create_task(self._tell_why(site, check))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
        finally:
            self._asked_for_people.discard(site.key)
        return result

    async def _check(self, site: Site) -> None:
        """Asks now and keeps what came of it, unless the site cannot be asked from here."""
        now = datetime.now(UTC)
        try:
            async with self._slots:
                result = await self._ask(site.url)
        except Exception:
            _log.exception("Asking a site failed.")
            result = Unasked("Sitedeck made a mistake.")
        if isinstance(result, Unasked):
            self._unasked_at[site.key] = now
            return
        await self._tell_why(site, await self._keep(site, result, now))

    async def _keep(self, site: Site, result: Answer | Silence, now: datetime) -> Check:
        check = judge(result, site.check, now)
        await self._note(site.key, check)
        return check

    async def _note(self, key: SiteKey, check: Check) -> None:
        if await to_thread.run_sync(self._checks.note, key, check):
            await self._known.announce(key)

    async def _tell_why(self, site: Site, check: Check) -> None:
        """Adds to the check of a site that has begun to fail what its log ends with."""
        if not check.is_failing or (site.check is not None and site.check.is_failing):
            return
        try:
            async with asyncio.timeout(self._pace.log), self._crashes_of(site.key) as crashes:
                await crashes.read_again()
                last = await crashes.last_words()
            if last is not None:
                problem = f"{check.problem} {last.as_end}"
                await self._note(site.key, replace(check, problem=problem, traceback=last.text))
        except TimeoutError:
            return
        except Exception:
            _log.exception("The error log of a failing site cannot be read.")

    async def _check_what_is_due(self) -> None:
        intervals = await to_thread.run_sync(self._intervals)
        now = datetime.now(UTC)
        sites = await self._known.all()
        due = [site for site in sites if self._is_due(site, intervals, now)]
        await asyncio.gather(*map(self._check, due))

    def _is_due(self, site: Site, intervals: Mapping[str, float], now: datetime) -> bool:
        interval = intervals.get(site.account_id, 0.0)
        # A site that is being waited for after a click is asked by who waits. It takes neither the
        # API nor a token: also where those fail.
        if not interval or not site.status.is_settled or not site.is_askable:
            return False
        times = [self._unasked_at.get(site.key), site.check.at if site.check else None]
        last = max(filter(None, times), default=None)
        if site.check is not None and 0 < site.check.failures <= SECOND_LOOKS:
            interval = min(interval, self._pace.second_look)
        return last is None or (now - last).total_seconds() >= interval


def judge(result: Answer | Silence, before: Check | None, now: datetime) -> Check:
    """What a result means after the check before it."""
    if isinstance(result, Answer) and result.status not in FRONT_STATUSES:
        return Check(now, result)
    answer = result if isinstance(result, Answer) else None
    if before is not None and before.is_failing:
        # Why it began to fail says more than that it still does.
        return replace(before, at=now, answer=answer, failures=before.failures + 1)
    failures = (before.failures if before else 0) + 1
    if isinstance(result, Silence):
        return Check(now, None, result.reason, failures)
    problem = f"It answers {result.status}: the program behind the address does not answer."
    return Check(now, answer, problem, failures)
