"""The reverse proxy of the local host: carries `http://NAME.localhost:PORT` to a site's socket.

An asyncio Protocol on httptools, because sites should feel no proxy: the bytes of a request pass
through callbacks, and a task is needed only for a site that is not reachable at once.

    client     one client connection: requests in order, times, refusals
    exchange   one request on its way to the site and the answer back
    websocket  one that becomes a WebSocket
    upstream   one connection to a site
"""

import asyncio
from collections.abc import Callable

from app.localhost.proxy.client import ClientConnection
from app.localhost.proxy.context import ProxyContext
from app.localhost.proxy.limits import ProxyLimits
from app.localhost.proxy.sites import SiteDirectory, SiteEntry

__all__ = ["Proxy", "SiteDirectory", "SiteEntry"]

_BACKLOG = 1_024


class Proxy:
    """Listens on one address and serves the sites of `directory`.

    `record` gets (domain, access-log line with its newline) for each finished request of a site.
    """

    def __init__(
        self,
        directory: SiteDirectory,
        record: Callable[[str, bytes], None],
        limits: ProxyLimits | None = None,
    ) -> None:
        self._directory = directory
        self._record = record
        self._limits = limits or ProxyLimits()
        self._context: ProxyContext | None = None
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._clients: set[ClientConnection] = set()
        self._all_lost = asyncio.Event()
        self.address: tuple[str, int] | None = None

    @property
    def is_closing(self) -> bool:
        return self._context is not None and self._context.is_closing

    async def start(self, host: str, port: int) -> None:
        """Listen on `host` and `port` (0: any free one). Raises OSError if that is taken."""
        loop = asyncio.get_running_loop()
        context = ProxyContext(self._directory, self._record, self._limits, loop)
        self._server = await loop.create_server(
            lambda: ClientConnection(context, self._admit, self._forget),
            host,
            port,
            backlog=_BACKLOG,
        )
        self._context = context
        self.address = self._server.sockets[0].getsockname()[:2]
        self._sweep()

    async def close(self) -> None:
        """Stop listening and end all connections within a second; running answers get most of
        it to complete."""
        if self._context is None or self._server is None:
            return
        self._context.is_closing = True
        self._server.close()
        for client in tuple(self._clients):
            if client.is_idle:
                client.abort(is_reset=False)
        await self._wait_until_all_lost()
        for client in tuple(self._clients):
            client.abort(is_reset=True)
        await self._wait_until_all_lost()
        await self._server.wait_closed()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._context.pools.close()
        self._context = self._server = self.address = None

    async def _wait_until_all_lost(self) -> None:
        try:
            async with asyncio.timeout(self._limits.close_seconds):
                while self._clients:
                    self._all_lost.clear()
                    await self._all_lost.wait()
        except TimeoutError:
            return

    def _admit(self, client: ClientConnection) -> bool:
        """Count a new connection; False if it is one too many."""
        self._clients.add(client)
        return len(self._clients) <= self._limits.connections

    def _forget(self, client: ClientConnection) -> None:
        self._clients.discard(client)
        if not self._clients:
            self._all_lost.set()

    def _sweep(self) -> None:
        """Expire what is late. One timer for all costs less than one for each request."""
        if self._context is None:
            return
        loop = self._context.loop
        now = loop.time()
        for client in tuple(self._clients):
            if client.deadline <= now:
                client.expire()
        self._sweeper = loop.call_later(self._limits.sweep_seconds, self._sweep)
