"""Reload, enable and disable: tell the account, keep the record, announce what came of it."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from anyio import to_thread

from app.errors import HostingError, HostRefused, NotFound
from app.hosting.changes import Announcement, Change, Changes, SiteChanged
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.models import Site, SiteAction, SiteStatus, Toast
from app.store.activity import ActivityLog

# A site that has not answered by then is said to be still starting.
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name and address for the record, the session for the announcement."""

    name: str
    address: str
    session_id: str


class SiteActions:
    def __init__(
        self,
        clients: Mapping[str, HostingClient],
        known: KnownSites,
        activity: ActivityLog,
        changes: Changes,
    ) -> None:
        self._clients = clients
        self._known = known
        self._activity = activity
        self._changes = changes
        self._announcing: set[asyncio.Task[None]] = set()

    async def run(self, action: SiteAction, site: Site, actor: Actor) -> Site:
        """Carries out the action and returns the site as it is now known.

        The expected state is kept before the call, so that no later observation is overwritten,
        and taken back if the call fails. Raises HostingError.
        """
        client = self.client(site.account_id)
        with ExitStack() as stack:
            # Subscribed before the call: the site may have settled when the call returns.
            queue = stack.enter_context(self._changes.subscribe())
            expected = _expected(action, site)
            await self._known.save(expected)
            try:
                await self._call(client, action, site.domain_name)
            except HostingError as error:
                await self._take_back(expected, site)
                await self._record(action, site, actor, f"failed: {error}")
                raise
            await self._record(action, site, actor, "done")
            task = asyncio.create_task(self._announce(action, site, actor, queue, stack.pop_all()))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)
        return await self._known.get(*site.key) or site

    async def ensure(self, account_id: str, domain_name: str, command: str, actor: Actor) -> None:
        """Creates the site unless it exists, and enables it. Raises HostingError."""
        client = self.client(account_id)
        try:
            site = await client.create_site(domain_name, command, "")
        except HostRefused as error:
            if error.status != 400 or "already exists" not in str(error):
                raise
            site = await client.set_enabled(domain_name, True)
        # The host's events keep it from here on; what they said meanwhile is newer than `site`.
        if await self._known.get(*site.key) is None:
            await self._known.save(site)
        await self._record("create", site, actor, "done")

    def client(self, account_id: str) -> HostingClient:
        """Raises NotFound."""
        client = self._clients.get(account_id)
        if client is None:
            raise NotFound("There is no such account.")
        return client

    async def close(self) -> None:
        for task in self._announcing:
            task.cancel()
        await asyncio.gather(*self._announcing, return_exceptions=True)

    async def _call(self, client: HostingClient, action: SiteAction, domain_name: str) -> None:
        if action is SiteAction.RELOAD:
            await client.reload_site(domain_name)
        else:
            await client.set_enabled(domain_name, action is SiteAction.ENABLE)

    async def _take_back(self, expected: Site, before: Site) -> None:
        """Unless something newer has been seen meanwhile."""
        now = await self._known.get(*before.key)
        if now is not None and (now.status, now.enabled) == (expected.status, expected.enabled):
            await self._known.save(before)

    async def _record(self, action: str, site: Site, actor: Actor, result: str) -> None:
        target = f"{site.account_id}/{site.domain_name}"
        await to_thread.run_sync(
            self._activity.record, actor.name, actor.address, action, target, result
        )

    async def _announce(
        self,
        action: SiteAction,
        site: Site,
        actor: Actor,
        queue: "asyncio.Queue[Change]",
        subscription: ExitStack,
    ) -> None:
        settled: Site | None = None
        with subscription, suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while settled is None:
                    settled = _settled(await queue.get(), site)
        toast = _outcome(action, site, settled)
        if toast is not None:
            self._changes.publish(Announcement(actor.session_id, toast))


def _expected(action: SiteAction, site: Site) -> Site:
    if action is SiteAction.RELOAD:
        return replace(site, status=SiteStatus.RELOADING, reason="")
    if action is SiteAction.ENABLE:
        return replace(site, enabled=True, status=SiteStatus.STARTING, reason="")
    return replace(site, enabled=False, status=SiteStatus.DISABLED, reason="")


def _settled(change: Change, site: Site) -> Site | None:
    if isinstance(change, SiteChanged) and change.site.key == site.key:
        return change.site if change.site.status.is_settled else None
    return None


def _outcome(action: SiteAction, site: Site, settled: Site | None) -> Toast | None:
    """What the first answer, or its absence, says; nothing where the click already said it all."""
    domain = site.domain_name
    if settled is None:
        words = "Its error log may say why."
        return Toast(f"{domain} has not answered yet", words, is_error=True, site_key=site.key)
    if settled.status is SiteStatus.FAILING:
        text = "Reload failed" if action is SiteAction.RELOAD else "Start failed"
        return Toast(f"{text}: {domain}", settled.reason, is_error=True, site_key=site.key)
    if settled.status is not SiteStatus.RUNNING or settled.answer is None:
        return None
    answer = settled.answer
    detail = f"Answered {answer.status} after {answer.seconds:.1f} s"
    words = f"{domain} {action.past if action is SiteAction.RELOAD else 'is up'}"
    return Toast(words, detail, site_key=site.key)
