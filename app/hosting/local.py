"""Keeps the store in step with the local host, through its stream of events."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from anyio import to_thread

from app.errors import HostingError, HostUnavailable, SitedeckError
from app.hosting.changes import Changes, ListChanged, NoticeChanged, SiteChanged, SiteGone
from app.hosting.client import HostingClient
from app.hosting.wire import HostInfo, parse_site, parse_sites
from app.models import HostNotice, Site, SiteStatus
from app.store.sites import Sites

RETRY_SECONDS = 0.25
MAX_RETRY_SECONDS = 5.0

_log = logging.getLogger(__name__)


class LocalHostWatch:
    """Follows the local host and starts it again when it crashed.

    `start_host` spawns the daemon detached; `socket` is the file it answers on. A host that said
    that it stops is not started again, so `make stop` is not undone by a running dashboard.
    """

    def __init__(
        self,
        client: HostingClient,
        sites: Sites,
        changes: Changes,
        *,
        version: str,
        socket: Path,
        start_host: Callable[[], None],
    ) -> None:
        self.notice: HostNotice | None = None
        self._client = client
        self._sites = sites
        self._changes = changes
        self._version = version
        self._socket = socket
        self._start_host = start_host
        self._wake = asyncio.Event()
        self._was_stopped = False
        self._delay = RETRY_SECONDS

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self._follow()
            except HostingError as error:
                await self._mark_unknown(error)
                if not self._was_stopped:
                    await self._start_quietly()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._delay):
                    await self._wake.wait()
            self._wake.clear()
            self._delay = min(self._delay * 2, MAX_RETRY_SECONDS)

    async def start(self) -> None:
        """Starts the daemon if it does not run. Raises SitedeckError with the reason."""
        await to_thread.run_sync(self._start_host)
        self._wake.set()

    async def restart(self) -> None:
        """Puts a new daemon in place of the running one; the sites go on. Raises SitedeckError."""
        with suppress(HostUnavailable):
            await self._client.stop_host(stop_sites=False)
        # An orderly end removes the socket; a daemon that hangs is left to `start` to report.
        for _ in range(500):
            if not self._socket.exists():
                break
            await asyncio.sleep(0.02)
        await self.start()

    async def _start_quietly(self) -> None:
        try:
            await to_thread.run_sync(self._start_host)
        except SitedeckError as error:
            _log.warning("%s", error)

    async def _follow(self) -> None:
        info = await self._client.host_info()
        self._set_notice(self._notice_of(info))
        async with self._client.events() as events:
            await self._apply_all(events)
        raise HostUnavailable("The local host has stopped.")

    async def _apply_all(self, events: AsyncIterator[dict[str, Any]]) -> None:
        account = self._client.account
        async for event in events:
            if "websites" in event:
                self._was_stopped = False
                self._delay = RETRY_SECONDS
                await self._save_list(parse_sites(account, event["websites"]))
                self._set_notice(self._notice_of(await self._client.host_info()))
            elif "website" in event:
                await self._save(parse_site(account, event["website"]))
            elif "stopping" in event:
                self._was_stopped = True
            elif "deleted" in event:
                await self._forget(str(event["deleted"]))
            elif "ping" in event:
                self._set_notice(self._notice_of(await self._client.host_info()))

    async def _save_list(self, sites: list[Site]) -> None:
        before = {site.key: site for site in await to_thread.run_sync(self._known)}
        saved = await to_thread.run_sync(self._sites.save_list, self._client.account.id, sites)
        for site in saved:
            if before.get(site.key) != site:
                self._changes.publish(SiteChanged(site))
        if before.keys() != {site.key for site in saved}:
            self._changes.publish(ListChanged())

    async def _save(self, site: Site) -> None:
        is_new = await to_thread.run_sync(self._sites.get, *site.key) is None
        saved = await to_thread.run_sync(self._sites.save, site)
        self._changes.publish(SiteChanged(saved))
        if is_new:
            self._changes.publish(ListChanged())

    async def _forget(self, domain_name: str) -> None:
        account_id = self._client.account.id
        await to_thread.run_sync(self._sites.delete, account_id, domain_name)
        self._changes.publish(SiteGone(account_id, domain_name))
        self._changes.publish(ListChanged())

    async def _mark_unknown(self, error: HostingError) -> None:
        """The last known values stay; only what is no longer known is said to be so."""
        self._set_notice(
            HostNotice(
                "The local host does not answer.",
                f"{error} Sites that were running keep running, but their addresses on this "
                "machine do not answer until it is back.",
                "start",
                "Start the local host",
            )
        )
        for site in await to_thread.run_sync(self._known):
            if site.status not in (SiteStatus.UNKNOWN, SiteStatus.DISABLED):
                unknown = replace(
                    site, status=SiteStatus.UNKNOWN, reason="The local host does not answer."
                )
                self._changes.publish(
                    SiteChanged(await to_thread.run_sync(self._sites.save, unknown))
                )

    def _known(self) -> list[Site]:
        account_id = self._client.account.id
        return [site for site in self._sites.all() if site.account_id == account_id]

    def _notice_of(self, info: HostInfo) -> HostNotice | None:
        if info.version != self._version:
            return HostNotice(
                f"The local host still runs version {info.version}.",
                f"This is Sitedeck {self._version}. A restart of the local host takes about a "
                "second; its sites keep running.",
                "restart",
                "Restart the local host",
            )
        if info.sites_error:
            return HostNotice(
                "The local host's sites cannot be reached.",
                f"{info.sites_error} It tries again by itself. End the other program, or choose "
                "another address with --sites-listen and restart the local host.",
            )
        return None

    def _set_notice(self, notice: HostNotice | None) -> None:
        if notice != self.notice:
            self.notice = notice
            self._changes.publish(NoticeChanged(notice))
