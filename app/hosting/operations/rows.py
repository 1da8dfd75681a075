"""How a site is shown while an operation works on it, and when it has ended."""

from dataclasses import replace

from app.hosting.known import KnownSites
from app.models import Operation, OperationState, Site, SiteStatus


async def shown_in_work(known: KnownSites, operation: Operation) -> None:
    """A site that is taken away and made anew is not gone: its row says what is being done."""
    spec = operation.old
    if operation.state is OperationState.ASKED or spec is None:
        return
    site = await known.get(*operation.key) or Site(
        account_id=operation.account_id,
        domain_name=operation.domain_name,
        command=spec.command,
        enabled=spec.enabled,
        status=SiteStatus.STARTING,
        url=f"https://{operation.domain_name}",
        seen_at=operation.updated_at,
    )
    reason = f"It {operation.doing}."
    shown = replace(site, status=SiteStatus.STARTING, reason=reason, is_gone=False)
    await known.show_in_work(shown)


def as_left(site: Site, operation: Operation, state: OperationState) -> Site:
    """As the last call has left it, which the look before could not show yet."""
    ends = {OperationState.DONE: operation.new, OperationState.RESTORED: operation.old}
    wanted = ends.get(state)
    if wanted is None or wanted.enabled == site.enabled:
        return site
    status = SiteStatus.STARTING if wanted.enabled else SiteStatus.DISABLED
    return replace(site, enabled=wanted.enabled, status=status)
