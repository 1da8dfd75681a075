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
from app.hosting.changes import Changes, NoticeChanged
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.hosting.wire import HostInfo, parse_site, parse_sites
from app.models import HostNotice, Site, SiteStatus

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
        known: KnownSites,
        changes: Changes,
        *,
        version: str,
        socket: Path,
        start_host: Callable[[], None],
    ) -> None:
        self.notice: HostNotice | None = None
        self._client = client
        self._known = known
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
                await self._follow_or_say()
            except Exception:
                # A locked database or a full disk passes; the list is read anew afterwards.
                _log.exception("Following the local host failed; trying again.")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._delay):
                    await self._wake.wait()
            self._wake.clear()
            self._delay = min(self._delay * 2, MAX_RETRY_SECONDS)

    async def _follow_or_say(self) -> None:
        try:
            await self._follow()
        except HostingError as error:
            await self._mark_unknown(error)
            if not self._was_stopped:
                await self._start_quietly()

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
                await self._known.save_list(account.id, parse_sites(account, event["websites"]))
                self._set_notice(self._notice_of(await self._client.host_info()))
            elif "website" in event:
                await self._known.save(parse_site(account, event["website"]))
            elif "stopping" in event:
                self._was_stopped = True
            elif "deleted" in event:
                await self._known.forget(account.id, str(event["deleted"]))
            elif "ping" in event:
                self._set_notice(self._notice_of(await self._client.host_info()))

    async def _mark_unknown(self, error: HostingError) -> None:
        """The last known values stay; only what is no longer known is said to be so."""
        if self._was_stopped:
            notice = HostNotice(
                "The local host was stopped.",
                "The addresses of its sites do not answer until it is started; it then runs every "
                "enabled site.",
                "start",
                "Start the local host",
            )
        else:
            notice = HostNotice(
                "The local host does not answer.",
                f"{error} Sites that were running keep running, but their addresses on this "
                "machine do not answer until it is back.",
                "start",
                "Start the local host",
            )
        self._set_notice(notice)
        for site in await self._known.of_account(self._client.account.id):
            await self._known.update(site.key, _as_unknown)

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
                f"{info.sites_error} It tries again by itself. End the other program; or start "
                "Sitedeck with another address, for example --sites-listen 127.0.0.1:8801, and "
                "then restart the local host here. Its sites keep running.",
                "restart",
                "Restart the local host",
            )
        return None

    def _set_notice(self, notice: HostNotice | None) -> None:
        if notice != self.notice:
            self.notice = notice
            self._changes.publish(NoticeChanged(notice))


def _as_unknown(site: Site) -> Site:
    if not site.enabled or site.status is SiteStatus.UNKNOWN:
        return site
    return replace(site, status=SiteStatus.UNKNOWN, reason="The local host does not answer.")
