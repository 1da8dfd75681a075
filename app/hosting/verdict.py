"""Each click has its verdict: whether the site answers again, crashes, or does neither.

The API accepts a reload before the new process is up and says nothing of how it went. So the site
is shown as waited for, an inquiry is made, and what it comes to is kept.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf

from anyio import to_thread

from app.hosting.crashlog import Crashes, CrashesOf
from app.hosting.inquiry import Finding, Inquiry, Patience
from app.hosting.known import KnownSites
from app.hosting.probe import Ask
from app.models import Crash, Site, SiteKey, SiteStatus
from app.store.checks import Checks

# Longer than any call: whoever has announced one and does not follow it up is gone.
ABANDONED_SECONDS = 180.0

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Case:
    """One click: the log has been read up to it, the call has been made.

    `status` is how the site is shown meanwhile; `has_old` and `was_404` are as in `Inquiry`.
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
        # When sites were switched off here, by the monotonic clock.
        self._off_since: dict[SiteKey, float] = {}

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

    def find_out(self, site: Site, status: SiteStatus | None) -> None:
        """Begins to look, after the call that `status` was expected of, unless it is None."""
        self._interrupted.pop(site.key, None)
        if site.is_local:
            return
        if status is None:
            self._off_since[site.key] = time.monotonic()
            return
        case = self._cases.get(site.key)
        if case is None:
            case = self._open(site, status, _answered_404(site))
        case.go(time.monotonic())

    def is_open(self, key: SiteKey) -> bool:
        """Whether something is still being found out about the site."""
        return key in self._cases

    async def close(self) -> None:
        tasks = [case.task for case in self._cases.values() if case.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _open(self, site: Site, status: SiteStatus, was_404: bool) -> _Case:
        off_since = self._off_since.get(site.key, -inf)
        was_on = time.monotonic() - off_since < self.patience.outliving
        has_old = status is SiteStatus.RELOADING or was_on
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
        def is_current() -> bool:
            # Another click cancels this task, but not the thread that has begun to write.
            return self._cases.get(site.key) is case

        try:
            found = await self._investigate(site, case) or ()
            close = partial(self._checks.close, site.key, is_current)
            await self._insist(lambda: to_thread.run_sync(close, *found))
        finally:
            if is_current():
                del self._cases[site.key]
        await self._insist(lambda: self._known.announce(site.key))

    async def _insist(self, keep: Callable[[], Awaitable[None]]) -> None:
        """Goes on until that was possible: a locked database or a full disk passes."""
        while True:
            try:
                return await keep()
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
                return await self._inquire(site, crashes, case)
            except Exception:
                _log.exception("Finding out about a site failed.")
                return None
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _inquire(self, site: Site, crashes: Crashes, case: _Case) -> Finding | None:
        known = await self._known.get(*site.key)
        # How often sites are asked again does not matter here: a person wants to know now.
        is_asked = known is not None and known.check_seconds is not None
        inquiry = Inquiry(
            self._ask,
            site.url if is_asked else None,
            crashes,
            self.patience,
            made_at=case.made_at,
            has_old=case.has_old,
            was_404=case.was_404,
        )
        return await inquiry.find_out()


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
