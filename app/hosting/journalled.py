"""A change to a site: written down before it is made, closed with what came of it."""

from collections.abc import Callable
from typing import NoReturn

from anyio import to_thread

from app.errors import HostingError, HostRefused, NotSent, OutcomeUnknown
from app.hosting.client import HostingClient
from app.hosting.operations import calls
from app.hosting.operations.journal import Journal
from app.hosting.operations.steps import Pace
from app.hosting.refusedsites import explained
from app.models import Actor, Operation, OperationKind, OperationState, Site, Specification
from app.store.activity import ActivityLog


class JournalledCalls:
    """What all changes share. The worker sees to those whose answer is lost.

    `client_of` gives the client of an account by its id and raises NotFound; `own_domain` is the
    site that Sitedeck itself runs as, empty if it is none.
    """

    def __init__(
        self,
        client_of: Callable[[str], HostingClient],
        activity: ActivityLog,
        journal: Journal,
        wake_worker: Callable[[], None],
        pace: Pace | None = None,
        own_domain: str = "",
    ) -> None:
        self.client = client_of
        self.journal = journal
        self.wake_worker = wake_worker
        self.pace = pace or Pace()
        self._activity = activity
        self.own_domain = own_domain

    def check_not_own(self, site: Site) -> None:
        """Raises NotSent for what would end Sitedeck itself before it is done."""
        if site.domain_name == self.own_domain and not site.is_local:
            raise NotSent(
                "Sitedeck itself runs as this site, and would end in the middle of that. Do it "
                "from a console of the account, or from a Sitedeck elsewhere."
            )

    async def begin(
        self,
        client: HostingClient,
        domain_name: str,
        kind: OperationKind,
        actor: Actor,
        *,
        state: OperationState = OperationState.ASKED,
        old: Specification | None = None,
        new: Specification | None = None,
    ) -> Operation:
        """For what is called next; the worker leaves it alone until that has ended."""
        return await self.journal.begin(
            client.account,
            domain_name,
            kind,
            actor,
            state=state,
            old=old,
            new=new,
            due_in=self.pace.quiet,
        )

    async def fail(self, operation: Operation, error: HostingError) -> NoReturn:
        """Closes the operation, unless it is not known what came of it. Raises always."""
        if calls.is_unclear(error):
            await self.look_soon(operation, f"What came of it is not known yet. {error}")
            raise OutcomeUnknown(
                f"{error} Sitedeck is looking at what came of it, and will say so."
            ) from None
        await self.journal.close(operation, OperationState.FAILED, str(error), is_told=False)
        kinds = (OperationKind.CREATE, OperationKind.CHANGE_COMMAND)
        if operation.kind in kinds and isinstance(error, HostRefused):
            account = self.client(operation.account_id).account
            raise explained(error, account, operation.domain_name) or error from None
        raise error

    async def look_soon(self, operation: Operation, words: str) -> None:
        await self.journal.look_soon(operation, words)
        self.wake_worker()

    async def record(self, action: str, site: Site, actor: Actor, result: str) -> None:
        target = "/".join(site.key)
        await to_thread.run_sync(
            self._activity.record, actor.name, actor.address, action, target, result
        )


def as_known(site: Site) -> Specification:
    """What is known of how it was made, without asking its host."""
    return Specification(site.domain_name, site.command, site.enabled, cname=site.cname)
