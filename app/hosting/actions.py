"""Reload, enable and disable: written down, told to the account, recorded, announced."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from app.errors import HostingError, HostRefused, NotSent, OutcomeUnknown, SiteBusy, SwitchedOff
from app.hosting.aftermath import Aftermath, Click
from app.hosting.client import HostingClient
from app.hosting.journalled import JournalledCalls, as_known
from app.hosting.known import KnownSites
from app.hosting.operations import calls
from app.models import (
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Site,
    SiteAction,
    SiteKey,
    Specification,
)

GONE = "The host does not know this site any more. How it was made is kept here."


class SiteActions:
    """What one click does to a site. All but a reload in one call goes through the journal."""

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
        self._reloading: set[SiteKey] = set()

    async def run(self, action: SiteAction, site: Site, actor: Actor) -> Site:
        """Carries the action out and returns the site as it is now known.

        The expected state is kept before the call, so that no later observation is overwritten,
        and taken back if the call fails. Raises HostingError; OutcomeUnknown if only the answer
        was lost and what came of it is being found out, SwitchedOff if a reload is not finished.
        """
        client = self._log.client(site.account_id)
        if site.is_gone:
            # Unless it is back, and only not listed yet.
            self._refresh_soon(site.account_id)
            raise NotSent(GONE)
        if action is SiteAction.DISABLE:
            self._log.check_not_own(site)
        if action is not SiteAction.RELOAD:
            return await self._run(client, action, site, actor)
        # A second one right behind it would be twice the downtime, and is hardly meant.
        if site.key in self._reloading:
            raise SiteBusy(f"{site.domain_name} is being reloaded already.")
        self._reloading.add(site.key)
        try:
            return await self._run(client, action, site, actor)
        finally:
            self._reloading.discard(site.key)

    async def _run(
        self, client: HostingClient, action: SiteAction, site: Site, actor: Actor
    ) -> Site:
        operation = await self._begin_action(action, site, actor)
        click = Click(action, site)
        try:
            await self._aftermath.expect(click)
            if operation is not None:
                await client.set_enabled(site.domain_name, action is SiteAction.ENABLE)
            elif (found := await self._reload(client, site)) is not None:
                operation = await self._begin_switching(client, found, actor)
                await self._switch_off_and_on(client, operation)
        except SwitchedOff:
            raise
        except HostingError as error:
            if operation is None and calls.is_unclear(error):
                raise await self._lost_reload(click, actor, error) from None
            await self._aftermath.take_back(click)
            failure = await self._explained(client, site, error)
            if operation is not None:
                await self._log.fail(operation, failure)
            await self._log.record(action, site, actor, f"failed: {failure}")
            raise failure from None
        except BaseException:
            # A locked database, or the end of the request; what was written down is seen to.
            await self._aftermath.take_back(click)
            raise
        if operation is not None:
            await self._log.journal.close(operation, OperationState.DONE, is_told=False)
        else:
            await self._log.record(action, site, actor, "done")
        self._refresh_soon(site.account_id)
        await self._aftermath.follow(click, actor)
        return await self._known.get(*site.key) or site

    async def _begin_action(self, action: SiteAction, site: Site, actor: Actor) -> Operation | None:
        """A reload in one call is not journalled, but has to wait for what is."""
        if action is SiteAction.RELOAD:
            if await self._log.journal.open_on(*site.key) is not None:
                raise SiteBusy(f"{site.domain_name} is still being changed.")
            return None
        kind = OperationKind.ENABLE if action is SiteAction.ENABLE else OperationKind.DISABLE
        client = self._log.client(site.account_id)
        old = as_known(site)
        new = replace(old, enabled=kind is OperationKind.ENABLE)
        return await self._log.begin(client, site.domain_name, kind, actor, old=old, new=new)

    async def _reload(self, client: HostingClient, site: Site) -> Specification | None:
        """None when it is done; the site as it is if its host does not know this call."""
        try:
            await client.reload_site(site.domain_name)
        except HostRefused as error:
            if error.status not in (404, 405):
                raise
            found = None
            with suppress(HostingError):
                found = await calls.look(client, site.domain_name)
            if found is None or not found[1].enabled:
                raise error
            self._log.check_not_own(site)
            return found[1]
        return None

    async def _lost_reload(self, click: Click, actor: Actor, error: HostingError) -> OutcomeUnknown:
        """The site itself tells what came of it, or the local host. It is not asked for again: that
        costs downtime."""
        words = f"unclear: the answer was lost. {error}"
        await self._log.record(click.action, click.site, actor, words)
        self._refresh_soon(click.site.account_id)
        if click.site.is_local:
            await self._aftermath.take_back(click)
            return OutcomeUnknown(f"{error} When it was started tells whether it was reloaded.")
        await self._aftermath.follow(click, actor, is_certain=False)
        return OutcomeUnknown(f"{error} Sitedeck is looking whether the site answers.")

    async def _explained(
        self, client: HostingClient, site: Site, error: HostingError
    ) -> HostingError:
        """The same error, unless the site turns out to be gone: then it is shown so at once.

        The local host tells by itself what it does not have any more.
        """
        if site.is_local or not isinstance(error, HostRefused) or error.status != 404:
            return error
        try:
            pause = self._log.pace.double_look
            found = await calls.look_twice(client, site.domain_name, pause)
        except HostingError:
            return error
        self._refresh_soon(site.account_id)
        is_gone = found is None and await self._known.mark_gone(site.key)
        return HostRefused(GONE, error.status) if is_gone else error

    async def _begin_switching(
        self, client: HostingClient, found: Specification, actor: Actor
    ) -> Operation:
        """What a reload was before there was a call for it. The worker sees to it that the site is
        switched on again, whatever becomes of this process."""
        return await self._log.begin(
            client,
            found.domain_name,
            OperationKind.RELOAD,
            actor,
            state=OperationState.SWITCHING_ON,
            old=found,
            new=found,
        )

    async def _switch_off_and_on(self, client: HostingClient, operation: Operation) -> None:
        """Raises SwitchedOff if the worker has to end it, else HostingError: nothing was done."""
        may_be_off = False
        try:
            await client.set_enabled(operation.domain_name, False)
            may_be_off = True
            await client.set_enabled(operation.domain_name, True)
        except HostingError as error:
            if not may_be_off and not calls.is_unclear(error):
                raise
            await self._log.look_soon(operation, str(error))
            raise SwitchedOff(
                f"It is switched off for its reload and is being switched on again. {error}"
            ) from None
