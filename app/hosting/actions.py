"""Reload, enable and disable: tell the account, keep the record, announce what came of it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from anyio import to_thread

from app.errors import HostingError, HostRefused, InvalidInput, NotFound
from app.hosting.changes import Announcement, Change, Changes, SiteChanged
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.models import Site, SiteAction, SiteStatus, Toast
from app.store.activity import ActivityLog

# A site that has not answered by then is said to be still starting.
SETTLE_SECONDS = 60.0
_CLASSIC = (
    "If a classic web app of this account has the domain, delete that one on the host's Web page "
    "first. The plan may also be full."
)


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
        refresh_soon: Callable[[str], None],
    ) -> None:
        self._clients = clients
        self._known = known
        self._activity = activity
        self._changes = changes
        self._refresh_soon = refresh_soon
        self._announcing: set[asyncio.Task[None]] = set()

    async def run(self, action: SiteAction, site: Site, actor: Actor) -> Site:
        """Carries out the action and returns the site as it is now known.

        The expected state is kept before the call, so that no later observation is overwritten,
        and taken back if the call fails. Raises HostingError.
        """
        client = self.client(site.account_id)
        target = f"{site.account_id}/{site.domain_name}"
        with ExitStack() as stack:
            # Subscribed before the call: the site may have settled when the call returns.
            queue = stack.enter_context(self._changes.subscribe())
            expected = _expected(action, site)
            await self._known.save(expected)
            try:
                await self._call(client, action, site.domain_name)
            except HostingError as error:
                await self._take_back(expected, site)
                await self._record(action, target, actor, f"failed: {error}")
                raise
            await self._record(action, target, actor, "done")
            self._refresh_soon(site.account_id)
            task = asyncio.create_task(self._announce(action, site, actor, queue, stack.pop_all()))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)
        return await self._known.get(*site.key) or site

    async def create(
        self,
        account_id: str,
        domain_name: str,
        command: str,
        working_folder: str,
        actor: Actor,
        *,
        enabled: bool = True,
    ) -> None:
        """Raises InvalidInput for what the host says of one field, else HostingError."""
        client = self.client(account_id)
        target = f"{account_id}/{domain_name}"
        try:
            site = await client.create_site(domain_name, command, working_folder, enabled=enabled)
        except HostingError as error:
            await self._record("create", target, actor, f"failed: {error}")
            self._refresh_soon(account_id)
            if not isinstance(error, HostRefused):
                raise
            if error.status == 403:
                raise InvalidInput(f"{error} {_CLASSIC}", "domain_name") from None
            if error.field in ("domain_name", "command", "working_directory"):
                field = error.field.replace("working_directory", "working_folder")
                raise InvalidInput(_plain(error, domain_name), field) from None
            raise
        # The host's events keep it from here on; what they said meanwhile is newer than `site`.
        if await self._known.get(*site.key) is None:
            await self._known.save(site)
        self._refresh_soon(account_id)
        await self._record("create", target, actor, "done")

    async def ensure(self, account_id: str, domain_name: str, command: str, actor: Actor) -> None:
        """Creates the site unless it exists, and enables it. Raises HostingError."""
        site = await self._known.get(account_id, domain_name)
        if site is None:
            await self.create(account_id, domain_name, command, "", actor)
        elif not site.enabled:
            await self.run(SiteAction.ENABLE, site, actor)

    async def delete(self, site: Site, actor: Actor) -> None:
        """A site that the host does not know any more counts as deleted. Raises HostingError."""
        target = f"{site.account_id}/{site.domain_name}"
        try:
            await self.client(site.account_id).delete_site(site.domain_name)
        except HostingError as error:
            if not (isinstance(error, HostRefused) and error.status == 404):
                await self._record("delete", target, actor, f"failed: {error}")
                self._refresh_soon(site.account_id)
                raise
        await self._known.forget(*site.key)
        await self._record("delete", target, actor, "done")

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

    async def _record(self, action: str, target: str, actor: Actor, result: str) -> None:
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


def _plain(error: HostRefused, domain_name: str) -> str:
    if "already exists" in str(error):
        return f"{domain_name} is taken: this account, or another one, already has such a site."
    return str(error)


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
    if settled.status is not SiteStatus.RUNNING:
        return None
    if settled.answer is None:
        # Not every host says how a site answers.
        accepted = Toast(f"{domain} reloaded", "The host has accepted it.", site_key=site.key)
        return accepted if action is SiteAction.RELOAD else None
    answer = settled.answer
    detail = f"Answered {answer.status} after {answer.seconds:.1f} s"
    words = f"{domain} {action.past if action is SiteAction.RELOAD else 'is up'}"
    return Toast(words, detail, site_key=site.key)
