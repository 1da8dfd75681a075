"""The sites as last seen, and everybody told of what changes: the one way to write them.

What is waited for is shown over what was seen, in three layers. They end with different things,
and so cannot be one:

- The row, saved as a click is expected to leave it (`Aftermath.expect`), until the host says
  something newer. It is enough for the local host, which says itself that a site starts.
- `pending` of the site's check (`Checks.expect`), over the status alone, because a PythonAnywhere
  list says enabled whether or not the site runs. It ends with what the verdict has found out, and
  with the process: whoever waited is gone then.
- `show_in_work`, over the whole row and in place of one that is missing, while an operation takes
  the site away and makes it anew. It ends with the operation, and comes back from the journal
  after a restart.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from anyio import to_thread

from app.hosting.changes import Changes, ListChanged, SiteChanged, SiteGone
from app.models import Site, SiteKey, SiteStatus
from app.store.sites import Sites

# For so long after a change of a site its host may still list it as it was before.
LAG_SECONDS = 30.0


class KnownSites:
    """Writes to the store off the event loop and publishes on it."""

    def __init__(self, sites: Sites, changes: Changes, *, lag_seconds: float = LAG_SECONDS) -> None:
        self._sites = sites
        self._changes = changes
        self._lag_seconds = lag_seconds
        # When sites were changed, by the monotonic clock.
        self._changed_at: dict[SiteKey, float] = {}
        # What an operation takes away and makes anew is shown so until it is done.
        self._in_work: dict[SiteKey, Site] = {}
        # One after the other: what was read earlier must not be told later.
        self._publishing = asyncio.Lock()

    async def show_in_work(self, site: Site) -> None:
        """Shows the site so, whatever lists of the account say, until `end_work`."""
        self._in_work[site.key] = site
        await self.save(site)

    def is_in_work(self, key: SiteKey) -> bool:
        """Whether an operation shows it: what a click had expected of it does not count then."""
        return key in self._in_work

    def end_work(self, account_id: str, domain_name: str) -> None:
        self._in_work.pop((account_id, domain_name), None)
        self.note_change((account_id, domain_name))

    async def get(self, account_id: str, domain_name: str) -> Site | None:
        return await to_thread.run_sync(self._sites.get, account_id, domain_name)

    async def all(self) -> list[Site]:
        return await to_thread.run_sync(self._sites.all)

    async def of_account(self, account_id: str) -> list[Site]:
        return [site for site in await self.all() if site.account_id == account_id]

    async def save(self, site: Site) -> None:
        async with self._publishing:
            await self._save(site)

    async def update(self, key: SiteKey, change: Callable[[Site], Site]) -> None:
        """Writes what `change` makes of a site that is known, without its having been seen anew."""
        async with self._publishing:
            site = await self.get(*key)
            if site is not None and (changed := change(site)) != site:
                saved = await to_thread.run_sync(self._sites.update, changed)
                self._changes.publish(SiteChanged(saved))

    def note_change(self, key: SiteKey) -> None:
        """A call has just changed a site: lists that lag behind do not take it back."""
        self._changed_at[key] = time.monotonic()

    async def save_list(
        self, account_id: str, sites: Iterable[Site], *, keep_missing: bool = False
    ) -> None:
        """Keeps a complete list: sites that are not on it are forgotten.

        With `keep_missing` they are said to be gone, and the list may lag behind changes.
        """
        async with self._publishing:
            before = {site.key: site for site in await self.of_account(account_id)}
            listed = {site.key: site for site in sites}
            listed |= {key: site for key, site in self._in_work.items() if key[0] == account_id}
            left_alone = self._left_alone(account_id, before) if keep_missing else ()
            save = partial(self._sites.save_list, keep_missing=keep_missing, left_alone=left_alone)
            saved = await to_thread.run_sync(save, account_id, listed.values())
            for site in saved:
                if before.get(site.key) != site:
                    self._changes.publish(SiteChanged(site))
            if before.keys() != {site.key for site in saved}:
                self._changes.publish(ListChanged())

    async def mark_gone(self, key: SiteKey) -> bool:
        """Its account does not have it any more; what is known of it stays.

        False for a site that an operation has taken away to make it anew.
        """

        def gone(site: Site) -> Site:
            return site if self.is_in_work(key) else replace(site, is_gone=True)

        await self.update(key, gone)
        return not self.is_in_work(key)

    async def announce(self, key: SiteKey) -> None:
        """Tells of a site whose check is another."""
        async with self._publishing:
            site = await self.get(*key)
            if site is not None:
                self._changes.publish(SiteChanged(site))

    async def set_error_count(self, account_id: str, domain_name: str, count: int) -> None:
        if await to_thread.run_sync(self._sites.set_error_count, account_id, domain_name, count):
            await self.announce((account_id, domain_name))

    async def note_reload(self, key: SiteKey, at: datetime) -> None:
        """Of a site whose host does not tell when it was reloaded."""
        await to_thread.run_sync(self._sites.set_reloaded, key, at)
        await self.announce(key)

    async def forget(self, account_id: str, domain_name: str) -> None:
        async with self._publishing:
            self.note_change((account_id, domain_name))
            await to_thread.run_sync(self._sites.delete, account_id, domain_name)
            self._changes.publish(SiteGone(account_id, domain_name))
            self._changes.publish(ListChanged())

    def _left_alone(self, account_id: str, before: Mapping[SiteKey, Site]) -> set[str]:
        """The domains of the account's sites of which a list may be older than their change.

        It is still better than nothing: than that a site is unknown.
        """
        since = time.monotonic() - self._lag_seconds
        self._changed_at = {key: at for key, at in self._changed_at.items() if at > since}
        changed = [key for key in self._changed_at if key[0] == account_id]
        return {key[1] for key in changed if not _is_unknown(before.get(key))}

    async def _save(self, site: Site) -> None:
        saved, is_new = await to_thread.run_sync(self._sites.save, site)
        self._changes.publish(SiteChanged(saved))
        if is_new:
            self._changes.publish(ListChanged())


def _is_unknown(site: Site | None) -> bool:
    """Whether its account could not be read; one that is gone is known to be so."""
    return site is not None and site.status is SiteStatus.UNKNOWN and not site.is_gone
