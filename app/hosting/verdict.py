"""What became of a click: whether the site answers again, crashes, or does neither.

The API accepts a reload before the new process is up and says nothing of how it went, so the
site's own address and its error log are asked.
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

from app.hosting.known import KnownSites
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import FRONT_STATUSES, Ask
from app.models import Answer, Check, Crash, Site, SiteStatus
from app.store.checks import Checks

# Longer than any call: whoever has announced one and does not follow it up is gone.
ABANDONED_SECONDS = 180.0

_log = logging.getLogger(__name__)


class Crashes(Protocol):
    """What stands in one site's error log, and what is new since somebody began to look."""

    async def ready(self) -> None:
        """Returns when what is written from now on can be told from what was there before."""

    async def newest(self) -> Crash | None:
        """The last exception, or the last error, since then."""

    async def last_words(self) -> Crash | None:
        """The last exception or error, else the last line, whenever it was written."""


CrashesOf = Callable[[tuple[str, str]], AbstractAsyncContextManager[Crashes]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the log to be read before the call; between two questions; for an answer; for a
    site that cannot be asked; and for the 404 that a new site answers at first.
    """

    log: float = 1.0
    step: float = 2.0
    answer: float = 45.0
    unasked: float = 20.0
    not_found: float = 30.0


class Finding(NamedTuple):
    """The check that a look ended with, and the good answer with the seconds since the click."""

    check: Check
    first: Answer | None = None


@dataclass(slots=True, eq=False)
class _Case:
    """One click: the log has been read up to it, the call has been made."""

    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_made: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


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
        self._patience = patience or Patience()
        self._cases: dict[tuple[str, str], _Case] = {}

    async def expect(self, site: Site, status: SiteStatus | None) -> None:
        """Before the call: a list read meanwhile would say that the site runs, and what its log
        holds by now does not count.

        None: nothing is waited for, because the call failed or the site is to be disabled.
        """
        if site.is_local:
            return
        self._drop(site.key)
        await to_thread.run_sync(self._checks.expect, site.key, status)
        if status is not None:
            case = self._open(site)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.log):
                    await case.is_ready.wait()

    def find_out(self, site: Site) -> None:
        """Begins to look, after the call."""
        if not site.is_local:
            (self._cases.get(site.key) or self._open(site)).is_made.set()

    async def close(self) -> None:
        tasks = [case.task for case in self._cases.values() if case.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _open(self, site: Site) -> _Case:
        case = self._cases[site.key] = _Case()
        case.task = asyncio.create_task(self._run(site, case))
        return case

    def _drop(self, key: tuple[str, str]) -> None:
        case = self._cases.pop(key, None)
        if case is not None and case.task is not None:
            case.task.cancel()

    async def _run(self, site: Site, case: _Case) -> None:
        try:
            found = await self._investigate(site, case)
            if found is not None:
                await to_thread.run_sync(self._checks.record, site.key, found.check, found.first)
            else:
                await to_thread.run_sync(self._checks.expect, site.key, None)
            await self._known.announce(site.key)
        except Exception:
            _log.exception("Finding out about a site failed.")
        finally:
            if self._cases.get(site.key) is case:
                del self._cases[site.key]

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
                return await self._look(site, crashes)
            except Exception:
                _log.exception("Finding out about a site failed.")
                return None
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _look(self, site: Site, crashes: Crashes) -> Finding | None:
        """None if the site cannot be asked, and it logs no crash."""
        start = time.monotonic()
        while True:
            result = await self._ask(site.url)
            taken = time.monotonic() - start
            if isinstance(result, Answer) and not self._is_bad(result, taken):
                return Finding(Check(datetime.now(UTC), result), Answer(result.status, taken))
            if crash := await crashes.newest():
                return _crashing(result, crash)
            is_unasked = isinstance(result, Unasked)
            if taken > (self._patience.unasked if is_unasked else self._patience.answer):
                break
            await asyncio.sleep(self._patience.step)
        if isinstance(result, Unasked):
            return None
        answer = result if isinstance(result, Answer) else None
        reason = result.reason if isinstance(result, Silence) else f"It answers {result.status}."
        crash = await crashes.last_words()
        said = f" Its error log ends with: {crash.words}" if crash else ""
        problem = f"No answer yet. {reason}{said}"
        return Finding(Check(datetime.now(UTC), answer, problem, 2, crash.text if crash else ""))

    def _is_bad(self, answer: Answer, taken: float) -> bool:
        is_too_early = answer.status == 404 and taken < self._patience.not_found
        return answer.status in FRONT_STATUSES or is_too_early


class _NoLog:
    """Of a site whose log cannot be read: its address alone is asked."""

    async def ready(self) -> None:
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
