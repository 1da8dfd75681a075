"""Decides, by the state of a site, whether a request gets through, waits or is refused."""

import asyncio

from app.localhost.proxy import pages
from app.localhost.proxy.limits import ProxyLimits
from app.localhost.proxy.sites import COMING_UP, NOT_TRIED, SWITCHED_OFF, SiteEntry
from app.localhost.proxy.upstream import Upstream
from app.models import HostState

# A process that has just died is still called running until its supervisor hears of the exit.
_NOTICE_SECONDS = 0.1


def refusal(state: HostState) -> pages.Page | None:
    """The page for a site that is not even tried in this state."""
    if state in SWITCHED_OFF:
        return pages.SWITCHED_OFF
    if state in NOT_TRIED:
        return pages.NOT_RUNNING
    return None


def _page_of(state: HostState) -> pages.Page:
    """The page for a site that was tried in vain and is now in this state."""
    if state in COMING_UP:
        return pages.STARTING
    if state is HostState.RUNNING:
        return pages.UNREACHABLE
    return refusal(state) or pages.NOT_RUNNING


async def reach(site: SiteEntry, limits: ProxyLimits) -> Upstream | pages.Page:
    """A new connection to the site, or the page that says why there is none.

    Waits up to `limits.hold_seconds` for a site that is coming up or has just died.
    """
    page = refusal(site.state)
    if page is not None:
        return page
    if site.state not in COMING_UP:
        upstream = await _connect(site.socket_path, limits)
        if upstream is not None:
            return upstream
        if site.state is HostState.FAILED:
            return pages.NOT_RUNNING
        await asyncio.sleep(_NOTICE_SECONDS)
    is_ready = await site.wait_until_ready(limits.hold_seconds)
    upstream = await _connect(site.socket_path, limits) if is_ready else None
    return upstream or _page_of(site.state)


async def _connect(socket_path: str, limits: ProxyLimits) -> Upstream | None:
    loop = asyncio.get_running_loop()
    try:
        _, upstream = await loop.create_unix_connection(
            lambda: Upstream(socket_path, limits.head_bytes), socket_path
        )
    except OSError:
        return None
    return upstream
