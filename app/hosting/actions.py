"""What people do to sites: written down, told to the account, recorded, announced.

All but a reload goes through the journal: when the answer is lost, the worker finds out what came
of it. A command that the host cannot change in place is left to the worker altogether.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NoReturn

from anyio import to_thread

from app.errors import (
    HostingError,
    HostRefused,
    HostThrottled,
    InvalidInput,
    NotFound,
    NotSent,
    OutcomeUnknown,
    SiteBusy,
)
from app.hosting.aftermath import Aftermath
from app.hosting.client import HostingClient
from app.hosting.commands import check_command, surroundings_of
from app.hosting.known import KnownSites
from app.hosting.operations import calls
from app.hosting.operations.journal import Journal
from app.hosting.operations.steps import Pace
from app.models import (
    AccountKind,
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Site,
    SiteAction,
    Specification,
)
from app.store.activity import ActivityLog

# Looks, a deletion, a creation, the switch, the certificate and the reload.
CALLS_NEEDED = 10
SWITCH_TRIES = 3
_CLASSIC = (
    "If a classic web app of this account has the domain, delete that one on the host's Web page "
    "first. The plan may also be full."
)


class SiteActions:
    def __init__(
        self,
        clients: Mapping[str, HostingClient],
        known: KnownSites,
        activity: ActivityLog,
        refresh_soon: Callable[[str], None],
        journal: Journal,
        wake_worker: Callable[[], None],
        aftermath: Aftermath,
        pace: Pace | None = None,
    ) -> None:
        self._clients = clients
        self._known = known
        self._activity = activity
        self._refresh_soon = refresh_soon
        self._journal = journal
        self._wake_worker = wake_worker
        self._aftermath = aftermath
        self._pace = pace or Pace()

    async def run(self, action: SiteAction, site: Site, actor: Actor) -> Site:
        """Carries the action out and returns the site as it is now known.

        The expected state is kept before the call, so that no later observation is overwritten,
        and taken back if the call fails. Raises HostingError; OutcomeUnknown if only the answer
        of a switch was lost.
        """
        client = self.client(site.account_id)
        operation = await self._begin_action(action, site, actor)
        await self._aftermath.expect(action, site)
        try:
            await self._call(client, action, site, actor)
        except HostingError as error:
            await self._aftermath.take_back(action, site)
            if operation is not None:
                await self._fail(operation, error)
            await self._record(action, site, actor, f"failed: {error}")
            raise
        if operation is not None:
            await self._journal.close(operation, OperationState.DONE, is_told=False)
        else:
            await self._record(action, site, actor, "done")
        self._refresh_soon(site.account_id)
        self._aftermath.follow(action, site, actor.session_id)
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
        wanted = Specification(domain_name, command, enabled, working_folder)
        await self._create(account_id, wanted, actor)

    async def recreate(self, account_id: str, wanted: Specification, actor: Actor) -> None:
        """Makes a site again that was deleted. Raises HostingError, InvalidInput."""
        await self._create(account_id, wanted, actor)

    async def ensure(self, account_id: str, domain_name: str, command: str, actor: Actor) -> None:
        """Creates the site unless it exists, and enables it. Raises HostingError."""
        site = await self._known.get(account_id, domain_name)
        if site is None:
            await self.create(account_id, domain_name, command, "", actor)
        elif not site.enabled:
            await self.run(SiteAction.ENABLE, site, actor)

    async def delete(self, site: Site, actor: Actor) -> None:
        """A site that the host does not know any more counts as deleted. Raises HostingError.

        How it was made is read and written down before, so that it can be made again.
        """
        client = self.client(site.account_id)
        found = await self._describe(client, site, OperationKind.DELETE, actor)
        operation = await self._begin(
            client, site.domain_name, OperationKind.DELETE, actor, old=found or _as_known(site)
        )
        try:
            await client.delete_site(site.domain_name)
        except HostingError as error:
            if not (isinstance(error, HostRefused) and error.status == 404):
                self._refresh_soon(site.account_id)
                await self._fail(operation, error)
        await self._known.forget(*site.key)
        await self._journal.close(operation, OperationState.DONE, is_told=False)

    def check_command(self, site: Site, text: str) -> str:
        """The new command, if it can work and is another one. Raises InvalidInput, NotFound."""
        account = self.client(site.account_id).account
        command = check_command(text, surroundings_of(account))
        if command == site.command:
            raise InvalidInput("This is the command that the site has.", "command")
        return command

    async def change_command(self, site: Site, text: str, actor: Actor) -> Operation:
        """Gives the site another command; what comes back is closed if that is already done.

        At PythonAnywhere the worker deletes the site and creates it anew. Before that it is made
        sure that the command can work, the token does, and enough calls are left. Raises
        InvalidInput, HostingError.
        """
        client = self.client(site.account_id)
        command = self.check_command(site, text)
        if await self._journal.open_on(*site.key) is not None:
            raise SiteBusy(f"{site.domain_name} is still being changed. Wait until that is done.")
        if (left := client.calls_left) is not None and left < CALLS_NEEDED:
            raise HostThrottled(
                f"Only {left} calls to this account are left in this minute, and a change of a "
                "command takes up to ten. Try again in a minute.",
                60.0,
            )
        old = await self._describe(client, site, OperationKind.CHANGE_COMMAND, actor)
        if old is None:
            raise NotSent("The host does not know this site any more.")
        if old.command != site.command:
            self._refresh_soon(site.account_id)
            raise InvalidInput(
                f"Somebody else has changed the command meanwhile. It is now: {old.command}",
                "command",
            )
        new = replace(old, command=command)
        if client.account.kind is AccountKind.LOCAL:
            return await self._change_in_place(client, old, new, actor)
        operation = await self._journal.begin(
            client.account,
            site.domain_name,
            OperationKind.CHANGE_COMMAND,
            actor,
            state=OperationState.PLANNED,
            old=old,
            new=new,
        )
        self._wake_worker()
        return operation

    def client(self, account_id: str) -> HostingClient:
        """Raises NotFound."""
        client = self._clients.get(account_id)
        if client is None:
            raise NotFound("There is no such account.")
        return client

    async def _create(self, account_id: str, wanted: Specification, actor: Actor) -> None:
        client = self.client(account_id)
        operation = await self._begin(
            client, wanted.domain_name, OperationKind.CREATE, actor, new=wanted
        )
        try:
            site = await calls.create(client, wanted)
        except HostingError as error:
            self._refresh_soon(account_id)
            await self._fail(operation, error)
        # The host's events keep it from here on; what they said meanwhile is newer than `site`.
        known = await self._known.get(*site.key)
        if known is None or known.is_gone:
            await self._known.save(site)
        self._refresh_soon(account_id)
        if (site.command, site.enabled) == (wanted.command, wanted.enabled) and not (
            wanted.certificate
        ):
            await self._journal.close(operation, OperationState.DONE, is_told=False)
        else:
            words = "It is there, but not all of it yet."
            await self._look_soon(operation, words)

    async def _change_in_place(
        self,
        client: HostingClient,
        old: Specification,
        new: Specification,
        actor: Actor,
    ) -> Operation:
        kind = OperationKind.CHANGE_COMMAND
        operation = await self._begin(client, new.domain_name, kind, actor, old=old, new=new)
        try:
            await self._known.save(await client.set_command(new.domain_name, new.command))
        except HostingError as error:
            await self._fail(operation, error)
        return await self._journal.close(operation, OperationState.DONE, is_told=False)

    async def _begin_action(self, action: SiteAction, site: Site, actor: Actor) -> Operation | None:
        """A reload is not journalled, but has to wait for what is."""
        if action is SiteAction.RELOAD:
            if await self._journal.open_on(*site.key) is not None:
                raise SiteBusy(f"{site.domain_name} is still being changed.")
            return None
        kind = OperationKind.ENABLE if action is SiteAction.ENABLE else OperationKind.DISABLE
        client = self.client(site.account_id)
        return await self._begin(client, site.domain_name, kind, actor, old=_as_known(site))

    async def _begin(
        self,
        client: HostingClient,
        domain_name: str,
        kind: OperationKind,
        actor: Actor,
        *,
        old: Specification | None = None,
        new: Specification | None = None,
    ) -> Operation:
        """For one call that is made next; the worker leaves it alone until that has ended."""
        return await self._journal.begin(
            client.account, domain_name, kind, actor, old=old, new=new, due_in=self._pace.quiet
        )

    async def _fail(self, operation: Operation, error: HostingError) -> NoReturn:
        """Closes the operation, unless it is not known what came of it. Raises always."""
        if calls.is_unclear(error):
            await self._look_soon(operation, f"The answer was lost. {error}")
            raise OutcomeUnknown(
                f"{error} Sitedeck is looking at what came of it, and will say so."
            ) from None
        await self._journal.close(operation, OperationState.FAILED, str(error), is_told=False)
        kinds = (OperationKind.CREATE, OperationKind.CHANGE_COMMAND)
        if operation.kind in kinds and isinstance(error, HostRefused):
            raise _at_its_field(error, operation.domain_name) from None
        raise error

    async def _look_soon(self, operation: Operation, words: str) -> None:
        await self._journal.look_soon(operation, words)
        self._wake_worker()

    async def _describe(
        self, client: HostingClient, site: Site, kind: OperationKind, actor: Actor
    ) -> Specification | None:
        """How the site was made, None if it is gone.

        Raises HostingError, and records it: what is to be done to the site does not begin.
        """
        try:
            found = await calls.look(client, site.domain_name)
            if found is None:
                return None
            certificate = await calls.certificate_of(client, site.domain_name)
        except HostingError as error:
            await self._record(kind.action, site, actor, f"failed: {error}")
            raise error if isinstance(error, HostRefused) else NotSent(str(error)) from None
        return replace(found[1], certificate=certificate)

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
        operation = await self._begin(client, site.domain_name, kind, actor, old=_as_known(site))
        try:
            await client.set_enabled(site.domain_name, False)
        except HostingError as error:
            if not calls.is_unclear(error):
                await self._fail(operation, error)
        for tries_left in reversed(range(SWITCH_TRIES)):
            try:
                await client.set_enabled(site.domain_name, True)
                break
            except HostingError as error:
                if not tries_left:
                    self._refresh_soon(site.account_id)
                    await self._fail(operation, error)
            await asyncio.sleep(self._pace.double_look)
        await self._journal.close(operation, OperationState.DONE, is_told=False)

    async def _record(self, action: str, site: Site, actor: Actor, result: str) -> None:
        target = "/".join(site.key)
        await to_thread.run_sync(
            self._activity.record, actor.name, actor.address, action, target, result
        )


async def _is_enabled(client: HostingClient, domain_name: str) -> bool:
    try:
        return (await client.get_site(domain_name)).enabled
    except HostRefused:
        return False


def _as_known(site: Site) -> Specification:
    return Specification(site.domain_name, site.command, site.enabled)


def _at_its_field(error: HostRefused, domain_name: str) -> HostingError | InvalidInput:
    """A refused creation at the field of the form that it is about, if it is about one."""
    if error.status == 403:
        return InvalidInput(f"{error} {_CLASSIC}", "domain_name")
    if error.field in ("domain_name", "command", "working_directory"):
        field = error.field.replace("working_directory", "working_folder")
        return InvalidInput(_plain(error, domain_name), field)
    return error


def _plain(error: HostRefused, domain_name: str) -> str:
    if "already exists" in str(error):
        return f"{domain_name} is taken: this account, or another one, already has such a site."
    return str(error)
