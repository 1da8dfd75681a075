"""Making and unmaking sites: create, recreate, delete, and another command.

A command that the host cannot change in place is left to the worker of the journal altogether.
"""

from collections.abc import Callable
from dataclasses import replace

from app.errors import (
    HostingError,
    HostRefused,
    HostUnavailable,
    InvalidInput,
    NotSent,
    SiteBusy,
)
from app.hosting.aftermath import Aftermath
from app.hosting.client import HostingClient
from app.hosting.commands import check_command, surroundings_of, virtualenv_of
from app.hosting.journalled import JournalledCalls, as_known
from app.hosting.known import KnownSites
from app.hosting.operations import calls
from app.hosting.operations.steps import SWITCHED_OFF
from app.models import (
    CERTIFICATE_NOT_KNOWN,
    AccountKind,
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Site,
    Specification,
)

# Looks, a deletion, a creation, the switch, the certificate and the reload.
CALLS_NEEDED = 10


class SiteMaker:
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

    async def recreate(self, account_id: str, wanted: Specification, actor: Actor) -> str:
        """Makes a site again that was deleted, and returns what it lacks, in words.

        Raises HostingError, InvalidInput.
        """
        try:
            return await self._create(account_id, wanted, actor)
        except InvalidInput as error:
            if error.field != "domain_name":
                raise
            words = f"{error} If it was deleted a short while ago, the host may still keep it: try"
            raise InvalidInput(f"{words} again in some minutes.", error.field) from None

    async def delete(self, site: Site, actor: Actor) -> Operation:
        """A site that the host does not know any more is only forgotten. Raises HostingError.

        How it was made is read and written down before, so that it can be made again. One that
        crashes in a loop is not always deleted unless it is switched off before, which the next
        try does.
        """
        client = self._log.client(site.account_id)
        self._log.check_not_own(site)
        found = await self._describe(client, site, OperationKind.DELETE, actor)
        if found is not None and site.is_gone:
            self._refresh_soon(site.account_id)
            raise NotSent("The host has this site again.")
        last = await self._log.journal.latest(*site.key)
        operation = await self._log.begin(
            client, site.domain_name, OperationKind.DELETE, actor, old=found or as_known(site)
        )
        if found is not None:
            disable_first = last is not None and last.is_failed_deletion
            await self._delete(client, operation, found, disable_first=disable_first)
        await self._known.forget(*site.key)
        words = ""
        if found is None:
            words = "Its host did not have it any more; it was only removed from the list."
        elif found.certificate == CERTIFICATE_NOT_KNOWN:
            words = "Which certificate it had is not known."
        return await self._log.journal.close(operation, OperationState.DONE, words, is_told=False)

    def check_command(self, site: Site, text: str) -> str:
        """The new command, if it can work and is another one. Raises InvalidInput, NotFound."""
        account = self._log.client(site.account_id).account
        surroundings = surroundings_of(account, virtualenv_of(site.command))
        command = check_command(text, surroundings)
        if command == site.command:
            raise InvalidInput("This is the command that the site has.", "command")
        return command

    async def change_command(self, site: Site, text: str, actor: Actor) -> Operation:
        """Gives the site another command; what comes back is closed if that is already done.

        At PythonAnywhere the worker deletes the site and creates it anew. Before that it is made
        sure that the command can work, the token does, and enough calls are left. Raises
        InvalidInput, HostingError.
        """
        client = self._log.client(site.account_id)
        self._log.check_not_own(site)
        command = self.check_command(site, text)
        if await self._log.journal.open_on(*site.key) is not None:
            raise SiteBusy(f"{site.domain_name} is still being changed. Wait until that is done.")
        client.check_room(CALLS_NEEDED)
        old = await self._describe(client, site, OperationKind.CHANGE_COMMAND, actor)
        if old is None:
            await self._known.mark_gone(site.key)
            self._refresh_soon(site.account_id)
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
        if old.more_domains:
            raise InvalidInput(
                f"This site also answers to {', '.join(old.more_domains)}. The host changes a "
                "command only by deleting the site and making it anew, and then it has one domain "
                "only. Make a second site with the new command instead.",
                "command",
            )
        operation = await self._log.journal.begin(
            client.account,
            site.domain_name,
            OperationKind.CHANGE_COMMAND,
            actor,
            state=OperationState.PLANNED,
            old=old,
            new=new,
        )
        self._log.wake_worker()
        return operation

    async def _create(self, account_id: str, wanted: Specification, actor: Actor) -> str:
        """Returns what the site lacks that was to be made again, in words."""
        client = self._log.client(account_id)
        operation = await self._log.begin(
            client, wanted.domain_name, OperationKind.CREATE, actor, new=wanted
        )
        try:
            site = await calls.create(client, wanted)
        except HostingError as error:
            self._refresh_soon(account_id)
            await self._log.fail(operation, error)
        # The host's events keep it from here on; what they said meanwhile is newer than `site`.
        known = await self._known.get(*site.key)
        if known is None or known.is_gone:
            await self._known.save(site)
        self._known.note_change(site.key)
        await self._aftermath.begun(site, actor)
        self._refresh_soon(account_id)
        lacks = calls.lost_with(wanted, site)
        if (site.command, site.enabled) == (wanted.command, wanted.enabled) and not (
            wanted.certificate
        ):
            await self._log.journal.close(operation, OperationState.DONE, lacks, is_told=False)
        else:
            words = "It is there, but not all of it yet."
            await self._log.look_soon(operation, words)
        return lacks

    async def _delete(
        self,
        client: HostingClient,
        operation: Operation,
        found: Specification,
        *,
        disable_first: bool,
    ) -> None:
        try:
            await calls.delete(client, operation.domain_name, disable_first=disable_first)
        except HostingError as error:
            self._refresh_soon(operation.account_id)
            if calls.outcome_of(error) is calls.Outcome.MISSING:
                # Somebody else was faster, or something in between answers for the host.
                await self._log.fail(operation, HostUnavailable(str(error)))
            if disable_first and found.enabled and not calls.is_unclear(error):
                try:
                    await client.set_enabled(operation.domain_name, True)
                except HostingError:
                    # Whether it is on is looked for with the rest, and told.
                    await self._log.fail(operation, HostUnavailable(f"{error} {SWITCHED_OFF}"))
            await self._log.fail(operation, error)

    async def _change_in_place(
        self,
        client: HostingClient,
        old: Specification,
        new: Specification,
        actor: Actor,
    ) -> Operation:
        kind = OperationKind.CHANGE_COMMAND
        operation = await self._log.begin(client, new.domain_name, kind, actor, old=old, new=new)
        try:
            await self._known.save(await client.set_command(new.domain_name, new.command))
        except HostingError as error:
            await self._log.fail(operation, error)
        return await self._log.journal.close(operation, OperationState.DONE, is_told=False)

    async def _describe(
        self, client: HostingClient, site: Site, kind: OperationKind, actor: Actor
    ) -> Specification | None:
        """How the site was made, None if it is gone.

        Raises HostingError, and records it: what is to be done to the site does not begin.
        """
        try:
            pause = self._log.pace.double_look
            found = await calls.look_twice(client, site.domain_name, pause)
            if found is None:
                return None
            certificate = await calls.certificate_if_known(client, found[0], pause)
        except HostingError as error:
            await self._log.record(kind.action, site, actor, f"failed: {error}")
            raise error if isinstance(error, HostRefused) else NotSent(str(error)) from None
        return replace(found[1], certificate=certificate)
