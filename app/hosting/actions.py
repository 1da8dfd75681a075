"""Reload, enable and disable: written down, told to the account, recorded, announced."""

import asyncio
from collections.abc import Callable

from app.errors import HostingError, HostRefused, SiteBusy
from app.hosting.aftermath import Aftermath
from app.hosting.client import HostingClient
from app.hosting.journalled import JournalledCalls, as_known
from app.hosting.known import KnownSites
from app.hosting.operations import calls
from app.models import Actor, Operation, OperationKind, OperationState, Site, SiteAction

SWITCH_TRIES = 3


class SiteActions:
    """What one click does to a site. All but a reload goes through the journal."""

    def __init__(
        self,
        log: JournalledCalls,
        known: KnownSites,
        refresh_soon: Callable[[str], None],
        aftermath: Aftermath,
    ) -> None:
        self._log = log
        self._known = known
        self._refresh_soon = refresh_soon
        self._aftermath = aftermath

    async def run(self, action: SiteAction, site: Site, actor: Actor) -> Site:
        """Carries the action out and returns the site as it is now known.

        The expected state is kept before the call, so that no later observation is overwritten,
        and taken back if the call fails. Raises HostingError; OutcomeUnknown if only the answer
        of a switch was lost.
        """
        client = self._log.client(site.account_id)
        if action is SiteAction.DISABLE:
            self._log.check_not_own(site)
        operation = await self._begin_action(action, site, actor)
        await self._aftermath.expect(action, site)
        try:
            await self._call(client, action, site, actor)
        except HostingError as error:
            await self._aftermath.take_back(action, site)
            if operation is not None:
                await self._log.fail(operation, error)
            await self._log.record(action, site, actor, f"failed: {error}")
            raise
        if operation is not None:
            await self._log.journal.close(operation, OperationState.DONE, is_told=False)
        else:
            await self._log.record(action, site, actor, "done")
        self._refresh_soon(site.account_id)
        self._aftermath.follow(action, site, actor.session_id)
        return await self._known.get(*site.key) or site

    async def _begin_action(self, action: SiteAction, site: Site, actor: Actor) -> Operation | None:
        """A reload is not journalled, but has to wait for what is."""
        if action is SiteAction.RELOAD:
            if await self._log.journal.open_on(*site.key) is not None:
                raise SiteBusy(f"{site.domain_name} is still being changed.")
            return None
        kind = OperationKind.ENABLE if action is SiteAction.ENABLE else OperationKind.DISABLE
        client = self._log.client(site.account_id)
        return await self._log.begin(client, site.domain_name, kind, actor, old=as_known(site))

    async def _call(
        self, client: HostingClient, action: SiteAction, site: Site, actor: Actor
    ) -> None:
        if action is not SiteAction.RELOAD:
            await client.set_enabled(site.domain_name, action is SiteAction.ENABLE)
            return
        try:
            await client.reload_site(site.domain_name)
        except HostRefused as error:
            # A site that is there, at a host that does not know this call.
            if error.status not in (404, 405) or not await _is_enabled(client, site.domain_name):
                raise
            await self._switch_off_and_on(client, site, actor)

    async def _switch_off_and_on(self, client: HostingClient, site: Site, actor: Actor) -> None:
        """What a reload was before there was a call for it.

        Journalled as the second half, so that a site that stays off is told of. Setting the switch
        twice does no harm, so that half may be repeated.
        """
        kind = OperationKind.ENABLE
        operation = await self._log.begin(client, site.domain_name, kind, actor, old=as_known(site))
        try:
            await client.set_enabled(site.domain_name, False)
        except HostingError as error:
            if not calls.is_unclear(error):
                await self._log.fail(operation, error)
        for tries_left in reversed(range(SWITCH_TRIES)):
            try:
                await client.set_enabled(site.domain_name, True)
                break
            except HostingError as error:
                if not tries_left:
                    self._refresh_soon(site.account_id)
                    await self._log.fail(operation, error)
            await asyncio.sleep(self._log.pace.double_look)
        await self._log.journal.close(operation, OperationState.DONE, is_told=False)


async def _is_enabled(client: HostingClient, domain_name: str) -> bool:
    try:
        return (await client.get_site(domain_name)).enabled
    except HostRefused:
        return False
