"""Keeps the store in step with a remote account by listing its sites from time to time."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.errors import HostingError, HostRefused, HostThrottled, TokenRefused
from app.hosting.budget import Urgency
from app.hosting.changes import AccountChanged, AccountSeen, Changes
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.models import Account, Site, SiteStatus

# One failure may be a hiccup; after this many in a row the sites are said to be unknown.
FAILURES_UNTIL_UNKNOWN = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one list to the next: while pages are `watched`; while nobody looks, often
    enough to notice a site that vanished (`idle`); after a failure, whoever looks, so that the
    host's return is noticed (`failed`); after a plain refusal, which is hardly an outage
    (`refused`); and at `least`, however often somebody asks.
    """

    watched: float = 15.0
    idle: float = 300.0
    failed: float = 5.0
    refused: float = 20.0
    least: float = 2.0


class RemoteRefresh:
    """One account, listed at its pace and when somebody asks for it.

    `seen_at` is when the account last gave a good list (UTC), `problem` why it gives none now, in
    words for people, empty if all is well; `is_refused` says that the problem is its token. To be
    used on the event loop.
    """

    def __init__(
        self,
        account: Account,
        client: HostingClient,
        known: KnownSites,
        changes: Changes,
        *,
        is_watched: Callable[[], bool],
        pace: Pace | None = None,
    ) -> None:
        self.seen_at: datetime | None = None
        self.problem = ""
        self.is_refused = False
        self._account = account
        self._client = client
        self._known = known
        self._changes = changes
        self._is_watched = is_watched
        self._pace = pace or Pace()
        self._wake = asyncio.Event()
        self._failures = 0
        self._is_stopped = False
        self._is_plain_refusal = False
        self._resumes = 0

    async def run(self) -> None:
        """Runs until cancelled. A wait that the API asked for is the governor's business."""
        is_prepared = False
        while True:
            try:
                if not is_prepared:
                    await self._remember_last_list()
                    is_prepared = True
                await self._look()
            except Exception:
                # A locked database or a full disk passes; the list is read anew afterwards.
                _log.exception("Refreshing an account failed; trying again.")
            await self._rest()

    def refresh_soon(self) -> None:
        """Asks for a list before its time: something has just been changed."""
        self._wake.set()

    def resume(self) -> None:
        """Calls again after the token was refused: it has been replaced, or is to be tried."""
        self._resumes += 1
        self._is_stopped = False
        self._client.resume()
        self._wake.set()

    async def _remember_last_list(self) -> None:
        sites = await self._known.of_account(self._account.id)
        self.seen_at = max((site.seen_at for site in sites), default=None)

    async def _look(self) -> None:
        if self._is_stopped:
            return
        resumes, changes = self._resumes, self._changes_made()
        try:
            sites = await self._client.list_sites(Urgency.POLLING)
        except HostingError as error:
            if isinstance(error, TokenRefused) and resumes != self._resumes:
                # It was the old token that was refused.
                self.resume()
                return
            await self._fail(error)
            return
        self._failures = 0
        self._set_problem("")
        if changes == self._changes_made() and not self._client.is_changing:
            self.seen_at = datetime.now(UTC)
            self._changes.publish(AccountSeen(self._account.id, self.seen_at))
            await self._known.save_list(self._account.id, sites, keep_missing=True)
        elif not self._client.is_changing:
            # The list may be older than what a person did meanwhile, and would undo it.
            self.refresh_soon()

    def _changes_made(self) -> tuple[int, int]:
        return self._client.changes_begun, self._client.changes_ended

    async def _fail(self, error: HostingError) -> None:
        """The last known values stay; only what is no longer known is said to be so."""
        self._failures += 1
        is_other = isinstance(error, HostThrottled | TokenRefused)
        self._is_plain_refusal = isinstance(error, HostRefused) and not is_other
        self._is_stopped = isinstance(error, TokenRefused)
        self._set_problem(str(error), is_refused=self._is_stopped)
        if not self._is_stopped and self._failures < FAILURES_UNTIL_UNKNOWN:
            return
        for site in await self._known.of_account(self._account.id):
            if not site.is_gone:
                await self._known.update(site.key, self._as_unknown)

    def _as_unknown(self, site: Site) -> Site:
        return replace(site, status=SiteStatus.UNKNOWN, reason=self.problem)

    def _set_problem(self, problem: str, *, is_refused: bool = False) -> None:
        if (problem, is_refused) != (self.problem, self.is_refused):
            self.problem, self.is_refused = problem, is_refused
            self._changes.publish(AccountChanged(self._account.id))

    async def _rest(self) -> None:
        pace = self._pace
        await asyncio.sleep(pace.least)
        interval = pace.watched if self._is_watched() else pace.idle
        if self._failures:
            interval = pace.refused if self._is_plain_refusal else min(interval, pace.failed)
        with suppress(TimeoutError):
            async with asyncio.timeout(interval - pace.least):
                await self._wake.wait()
        self._wake.clear()
