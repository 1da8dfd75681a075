"""What became of a click: whether the site answers again, crashes, or does neither.

The API accepts a reload before the new process is up and says nothing of how it went, so the
site's own address and its error log are asked.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from anyio import to_thread

from app.hosting.known import KnownSites
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import FRONT_STATUSES, Ask, SiteWatch
from app.models import Answer, Check, Site, SiteStatus
from app.store.checks import Checks

_log = logging.getLogger(__name__)


class Crashes(Protocol):
    """What stands in one site's error log, and what is new since somebody began to look."""

    async def newest(self) -> str:
        """`Type: message` of the last exception, or the last error, since then; else empty."""

    async def last_words(self) -> str:
        """The last exception or error, else the last line, whenever it was written."""


CrashesOf = Callable[[tuple[str, str]], AbstractAsyncContextManager[Crashes]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: between two questions, for an answer, for a site that cannot be asked, and for the
    404 that a new site answers at first.
    """

    step: float = 2.0
    answer: float = 45.0
    unasked: float = 20.0
    not_found: float = 30.0


class Finding(NamedTuple):
    """The check that a look ended with, and the good answer with the seconds since the click."""

    check: Check
    first: Answer | None = None


class Verdicts:
    """Shows a site as waited for from `expect` on, until `find_out` has found something out."""

    def __init__(
        self,
        ask: Ask,
        watch: SiteWatch,
        crashes_of: CrashesOf,
        known: KnownSites,
        checks: Checks,
        patience: Patience | None = None,
    ) -> None:
        self._ask = ask
        self._watch = watch
        self._crashes_of = crashes_of
        self._known = known
        self._checks = checks
        self._patience = patience or Patience()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def expect(self, site: Site, status: SiteStatus | None) -> None:
        """Before the call: a list read meanwhile would say that the site runs.

        None: nothing is waited for, because the call failed or the site is to be disabled.
        """
        if not site.is_local:
            self._cancel(site.key)
            await to_thread.run_sync(self._checks.expect, site.key, status)

    def find_out(self, site: Site) -> None:
        """Begins to look, after the call."""
        if site.is_local:
            return
        self._cancel(site.key)
        task = asyncio.create_task(self._run(site))
        self._tasks[site.key] = task
        task.add_done_callback(lambda done: self._forget(site.key, done))

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cancel(self, key: tuple[str, str]) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def _forget(self, key: tuple[str, str], done: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is done:
            del self._tasks[key]

    async def _run(self, site: Site) -> None:
        found: Finding | None = None
        try:
            async with self._crashes_of(site.key) as crashes:
                found = await self._look(site, crashes)
        except Exception:
            _log.exception("Finding out about a site failed.")
        if found is not None:
            await self._watch.keep(site, found.check, found.first)
        else:
            await to_thread.run_sync(self._checks.expect, site.key, None)
            await self._known.announce(site.key)

    async def _look(self, site: Site, crashes: Crashes) -> Finding | None:
        """None if nothing can be found out: the site cannot be asked, and it logs no crash."""
        start = time.monotonic()
        while True:
            result = await self._ask(site.url)
            taken = time.monotonic() - start
            if isinstance(result, Answer) and not self._is_bad(result, taken):
                return Finding(Check(datetime.now(UTC), result), Answer(result.status, taken))
            if words := await crashes.newest():
                return _crashing(result, words)
            is_unasked = isinstance(result, Unasked)
            if taken > (self._patience.unasked if is_unasked else self._patience.answer):
                break
            await asyncio.sleep(self._patience.step)
        if isinstance(result, Unasked):
            return None
        answer = result if isinstance(result, Answer) else None
        reason = result.reason if isinstance(result, Silence) else f"It answers {result.status}."
        words = await crashes.last_words()
        said = f" Its error log ends with: {words}" if words else ""
        return Finding(Check(datetime.now(UTC), answer, f"No answer yet. {reason}{said}", 2))

    def _is_bad(self, answer: Answer, taken: float) -> bool:
        is_too_early = answer.status == 404 and taken < self._patience.not_found
        return answer.status in FRONT_STATUSES or is_too_early


def _crashing(result: object, exception: str) -> Finding:
    answer = result if isinstance(result, Answer) else None
    return Finding(Check(datetime.now(UTC), answer, f"Crashing: {exception}", 2))
