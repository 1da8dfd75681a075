"""Keeps idle connections to each site and counts the requests that are on their way to it.

A new connection costs a site about as much as a small request, so a few are kept. They belong to
the socket of one process: after a reload the old ones are closed and never used again.
"""

from app.localhost.proxy.limits import ProxyLimits
from app.localhost.proxy.sites import SiteEntry
from app.localhost.proxy.upstream import Upstream


class SitePool:
    """The idle connections and the request count of one site."""

    def __init__(self, limits: ProxyLimits) -> None:
        self._limits = limits
        self._socket_path = ""
        self._idle: list[Upstream] = []
        self.in_flight = 0

    @property
    def is_full(self) -> bool:
        return self.in_flight >= self._limits.in_flight_per_site

    @property
    def is_unused(self) -> bool:
        return not self.in_flight and not self._idle

    def take(self, socket_path: str) -> Upstream | None:
        """The connection to `socket_path` that was used last, if one is idle."""
        self._follow(socket_path)
        while self._idle:
            upstream = self._idle.pop()
            if upstream.is_open:
                return upstream
        return None

    def give_back(self, upstream: Upstream, socket_path: str) -> None:
        """Keep `upstream` if it belongs to the site's current socket and there is room."""
        self._follow(socket_path)
        if upstream.socket_path == socket_path and self._has_room:
            self._idle.append(upstream)
        else:
            upstream.close()

    @property
    def _has_room(self) -> bool:
        limit = self._limits.idle_upstreams_per_site
        if len(self._idle) >= limit:
            self._idle = [idle for idle in self._idle if idle.is_open]
        return len(self._idle) < limit

    def close(self) -> None:
        """Close the idle connections."""
        for upstream in self._idle:
            upstream.close()
        self._idle.clear()

    def _follow(self, socket_path: str) -> None:
        if socket_path != self._socket_path:
            self.close()
            self._socket_path = socket_path


class SitePools:
    """The pools of all sites, by domain; those nobody uses are forgotten."""

    def __init__(self, limits: ProxyLimits) -> None:
        self._limits = limits
        self._pools: dict[str, SitePool] = {}

    def of(self, site: SiteEntry) -> SitePool:
        pool = self._pools.get(site.domain_name)
        if pool is None:
            self._forget_unused()
            pool = self._pools[site.domain_name] = SitePool(self._limits)
        return pool

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _forget_unused(self) -> None:
        self._pools = {name: pool for name, pool in self._pools.items() if not pool.is_unused}
